import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { ReaError } from '../rea.error.js';
import type { TargetModel } from './client-target.js';

/** A durable client was used where there is no attempt: in a controller, a cron job, or after the handler ended. */
export class OutsideHandlerError extends ReaError {
  readonly code = 'REA3003';
}

/** A method without a handler decorator was called through a client: refused before anything is sent. */
function noHandler(target: TargetModel, method: string): TerminalError {
  return new TerminalError(
    `REA3002: ${target.name} has no handler "${method}". Decorate the method, or call one of: ${[...target.handlers.keys()].join(', ')}.`,
    { errorCode: 404, metadata: { [ERROR_METADATA.code]: 'REA3002' } },
  );
}

/**
 * An object that answers each handler's method name with a function, and any other name with one that refuses.
 * `then` and symbols are undefined, so that the object is never taken for a promise.
 *
 * @param refuse what a call of any other name does. Default: throws at once
 */
export function facade(
  target: TargetModel,
  create: (method: string) => unknown,
  allowed?: readonly string[],
  refuse: (error: TerminalError) => unknown = thrown,
): object {
  return new Proxy(Object.create(null), {
    get(_target, method) {
      if (typeof method === 'symbol' || method === 'then' || method === 'toJSON') return undefined;
      const handler = target.handlers.get(method);
      if (handler && (!allowed || allowed.includes(handler.kind))) return create(method);
      return () => refuse(noHandler(target, method));
    },
  });
}

function thrown(error: TerminalError): never {
  throw error;
}

/** Why a workflow cannot tell its status. */
export function noStatus({ name }: TargetModel): string {
  return `REA3005: ${name} keeps no status. Declare it: @Workflow({ status: true }).`;
}
