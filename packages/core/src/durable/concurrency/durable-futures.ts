import { isRestatePromise, type RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../../invocation/error-mapping.js';

/** Calls, runs, sleeps, awakeables, promises: what a handler can wait for. */
export type Futures = readonly RestatePromise<unknown>[];

/**
 * The futures, once each is known to be durable: the SDK refuses native promises with an ordinary error, which would be
 * retried without end.
 *
 * @throws TerminalError (500, `REA7001`)
 */
export function checked<T extends Futures>(combinator: string, futures: T): T {
  const stranger = futures.findIndex((future) => !isRestatePromise(future));
  if (stranger === -1) return futures;
  throw misuse(
    'REA7001',
    `${combinator}() was given something other than a durable future at index ${stranger}. An async function's promise is not durable: pass the call, run or sleep itself and use .map() to change its result, or give async functions to parallel().`,
  );
}

/** For combinators that have no answer for nothing. @throws TerminalError (500, `REA7002`) */
export function refuseNone(combinator: string, count: number): void {
  if (count > 0) return;
  throw misuse(
    'REA7002',
    `${combinator}() was given no futures, so it would wait for ever. Check for an empty list first.`,
  );
}

/** @throws TerminalError (500, `REA7005`) when a limit or size is not a whole number of at least 1 */
export function checkedCount(what: string, count: number): number {
  if (Number.isInteger(count) && count > 0) return count;
  throw misuse('REA7005', `${what} is ${count}; it has to be a whole number of at least 1.`);
}

/** A terminal error with a code of Rea's. */
export function misuse(code: string, message: string, metadata: Record<string, string> = {}): TerminalError {
  return new TerminalError(`${code}: ${message}`, {
    errorCode: 500,
    metadata: { [ERROR_METADATA.code]: code, ...metadata },
  });
}
