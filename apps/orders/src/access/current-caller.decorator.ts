import { createParamDecorator, type ExecutionContext, UnauthorizedException } from '@nestjs/common';
import type { Caller, IdentifiedRequest } from './caller.js';

/** Who sends the request, as a guard has found out. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<IdentifiedRequest>();
  if (!caller) throw new UnauthorizedException();
  return caller;
});
