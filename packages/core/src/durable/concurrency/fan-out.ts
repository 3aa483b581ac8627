import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { passCancelOn } from '../cancel-hook.js';
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
  return afterAll('fanOut', futures, (outcomes) => ({
    values: valuesAmong(outcomes) as Awaited<T[number]>[],
    failures: failuresAmong(outcomes),
  }));
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
  return afterAll('fanOutOrThrow', futures, (outcomes) => {
    const failures = failuresAmong(outcomes);
    if (failures.length === 0) return valuesAmong(outcomes) as { -readonly [P in keyof T]: Awaited<T[P]> };
    throw failureReport('REA7004', `${failures.length} of ${futures.length} futures failed`, failures);
  });
}

type Outcomes = readonly PromiseSettledResult<unknown>[];

function afterAll<R>(what: string, futures: Futures, result: (outcomes: Outcomes) => R): RestatePromise<R> {
  const settled = RestatePromise.allSettled(checked(what, futures)).map((outcomes) => result(outcomes as Outcomes));
  return passCancelOn(settled, futures);
}

function valuesAmong(outcomes: Outcomes): unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}
