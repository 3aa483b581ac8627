import { type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import type { IdentifiedRequest } from './caller.js';
import { CallersOnly } from './callers-only.guard.js';

/** Lets requests with an operator's API key pass. */
@Injectable()
export class OperatorsOnly extends CallersOnly {
  override canActivate(context: ExecutionContext): boolean {
    super.canActivate(context);
    const { caller } = context.switchToHttp().getRequest<IdentifiedRequest>();
    if (caller?.role !== 'operator') throw new ForbiddenException('This is for operators.');
    return true;
  }
}
