import { type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import { type IdentifiedRequest, mayActFor } from './caller.js';
import { CallersOnly } from './callers-only.guard.js';

/** Lets customers at their own cart, by the parameter `customer` of the path, and operators at any. */
@Injectable()
export class OwnCartOnly extends CallersOnly {
  override canActivate(context: ExecutionContext): boolean {
    super.canActivate(context);
    const { caller, params } = context.switchToHttp().getRequest<IdentifiedRequest>();
    if (!caller || !mayActFor(caller, params?.['customer'] ?? ''))
      throw new ForbiddenException('This is not your cart.');
    return true;
  }
}
