import type { ArgumentsHost } from '@nestjs/common';
import type { Context } from '@restatedev/restate-sdk';

/** What `getType()` of a guard's, interceptor's or filter's context says for a durable handler. */
export const RESTATE_CONTEXT_TYPE = 'restate';

/** What a handler is called with, as guards, interceptors and filters see it. */
export interface HandlerArguments<Input = unknown> {
  /** For `request()`: headers, target, idempotency key. Guards cannot use its durable operations. */
  readonly ctx: Context;
  readonly input: Input;
}

/**
 * The handler's arguments, in an enhancer that runs for handlers.
 *
 * @example
 * ```ts
 * canActivate(context: ExecutionContext) {
 *   return handlerArguments(context).ctx.request().headers.get('x-tenant') !== undefined;
 * }
 * ```
 */
export function handlerArguments<Input = unknown>(host: ArgumentsHost): HandlerArguments<Input> {
  const [ctx, input] = host.getArgs<[Context, Input]>();
  return { ctx, input };
}
