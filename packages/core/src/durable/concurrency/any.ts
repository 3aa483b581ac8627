import { type Context, RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { passCancelOn } from '../cancel-hook.js';
import { checked, type Futures, refuseNone } from './durable-futures.js';
import { failureReport, failuresAmong } from './failure-report.js';

/** What {@link any} is given when all have failed. A class, since no future's own value can be one of it. */
class AllFailed {
  constructor(readonly report: TerminalError) {}
}

/**
 * The first success, the same one on every replay; failures count only when there is no success. The other futures go on
 * in the background.
 *
 * @param ctx the handler's context
 * @param futures calls, runs, sleeps, awakeables, promises
 * @throws TerminalError (500, `REA7003`) when all have failed; `failuresOf(error)` has every failure
 * @throws TerminalError (500, `REA7002`) for an empty list
 */
export function any<const T extends Futures>(_ctx: Context, futures: T): RestatePromise<Awaited<T[number]>> {
  refuseNone('any', futures.length);
  // The SDK's own failure of `any` is an AggregateError, which is retried without end. So one more future succeeds with
  // the report once the others have failed.
  const allFailed = RestatePromise.allSettled(checked('any', futures)).map((outcomes) => {
    const failures = failuresAmong(outcomes as readonly PromiseSettledResult<unknown>[]);
    if (failures.length < futures.length) throw new TerminalError('Not all have failed.');
    return new AllFailed(failureReport('REA7003', `All ${futures.length} futures of any() failed`, failures));
  });
  const first = RestatePromise.any([...futures, allFailed]).map((value, failure) => {
    if (failure) throw failure;
    if (value instanceof AllFailed) throw value.report;
    return value as Awaited<T[number]>;
  });
  return passCancelOn(first, futures);
}
