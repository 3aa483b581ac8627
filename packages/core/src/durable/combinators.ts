import { type Context, isRestatePromise, RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';

type Futures = readonly RestatePromise<unknown>[];

/**
 * Waits for all durable futures and gives their results in order; the first failure is thrown. Never use
 * `Promise.all` on durable futures: polling two at once aborts the attempt.
 *
 * @param ctx the handler's context
 * @param futures calls, runs, sleeps, awakeables, promises; empty gives an empty list
 * @throws TerminalError the first failure; the other futures go on in the background
 */
export function all<const T extends Futures>(
  _ctx: Context,
  futures: T,
): RestatePromise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  return RestatePromise.all(checked('all', futures));
}

/** As {@link all}, but gives the outcome of every future, failures too, and never throws one. */
export function allSettled<const T extends Futures>(
  _ctx: Context,
  futures: T,
): RestatePromise<{ -readonly [P in keyof T]: PromiseSettledResult<Awaited<T[P]>> }> {
  return RestatePromise.allSettled(checked('allSettled', futures));
}

/**
 * The result or failure of the durable future that settles first, the same one on every replay.
 *
 * @throws TerminalError (500, `REA7002`) for an empty list, for which nothing could ever happen
 */
export function race<const T extends Futures>(_ctx: Context, futures: T): RestatePromise<Awaited<T[number]>> {
  if (futures.length === 0) {
    throw misuse('REA7002', 'race() was given no futures, so it would wait for ever. Check for an empty list first.');
  }
  return RestatePromise.race(checked('race', futures));
}

/** The SDK refuses native promises with an ordinary error, which would be retried without end. */
function checked<T extends Futures>(combinator: string, futures: T): T {
  const stranger = futures.findIndex((future) => !isRestatePromise(future));
  if (stranger === -1) return futures;
  throw misuse(
    'REA7001',
    `${combinator}() was given something other than a durable future at index ${stranger}. An async function's promise is not durable: pass the call, run or sleep itself, and use .map() to change its result.`,
  );
}

function misuse(code: string, message: string): TerminalError {
  return new TerminalError(`${code}: ${message}`, { errorCode: 500, metadata: { [ERROR_METADATA.code]: code } });
}
