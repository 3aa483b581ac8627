import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { checked, type Futures } from './durable-futures.js';
import { failureReport, failuresAmong, type IndexedFailure } from './failure-report.js';

/** What became of all futures of a {@link fanOut}. */
export interface FanOutResult<T> {
  /** The successes, in the order of the futures. */
  readonly values: readonly T[];
  /** Every failure, in the order of the futures. */
  readonly failures: readonly IndexedFailure[];
}

/**
 * Waits for all durable futures and tells successes from failures; throws none of them.
 *
 * @param ctx the handler's context
 * @param futures calls, runs, sleeps, awakeables, promises; empty gives two empty lists
 */
export function fanOut<const T extends Futures>(
  _ctx: Context,
  futures: T,
): RestatePromise<FanOutResult<Awaited<T[number]>>> {
  return RestatePromise.allSettled(checked('fanOut', futures)).map((outcomes, failure) => {
    if (failure) throw failure;
    return tellApart<Awaited<T[number]>>(outcomes as readonly PromiseSettledResult<Awaited<T[number]>>[]);
  });
}

/**
 * Waits for all durable futures, like `all` but to the end, and gives their results in order.
 *
 * @throws TerminalError (500, `REA7004`) when any has failed; `failuresOf(error)` has every failure
 */
export function fanOutOrThrow<const T extends Futures>(
  _ctx: Context,
  futures: T,
): RestatePromise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  return RestatePromise.allSettled(checked('fanOutOrThrow', futures)).map((outcomes, failure) => {
    if (failure) throw failure;
    const { values, failures } = tellApart(outcomes as readonly PromiseSettledResult<unknown>[]);
    if (failures.length === 0) return values as { -readonly [P in keyof T]: Awaited<T[P]> };
    throw failureReport('REA7004', `${failures.length} of ${futures.length} futures failed`, failures);
  });
}

function tellApart<T>(outcomes: readonly PromiseSettledResult<T>[]): FanOutResult<T> {
  return {
    values: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    failures: failuresAmong(outcomes),
  };
}
