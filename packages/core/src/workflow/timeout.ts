import { type Context, type Duration, RestatePromise } from '@restatedev/restate-sdk';
import { passCancelOn } from '../durable/cancel-hook.js';

/** What came of a wait with a bound. */
export type InTime<T> = { readonly timedOut: false; readonly value: T } | { readonly timedOut: true };

/**
 * Waits for a durable future, at most for a time. What it waited for goes on: a call is not cancelled.
 *
 * @param future a call, promise, awakeable, run
 * @param duration milliseconds, or `{ minutes: 5 }`
 * @throws TerminalError what the future fails with, if that comes first
 */
export function withTimeout<T>(
  ctx: Context,
  future: RestatePromise<T>,
  duration: Duration | number,
): RestatePromise<InTime<T>> {
  const inTime = future.map((value, failure): InTime<T> => {
    if (failure) throw failure;
    return { timedOut: false, value: value as T };
  });
  const late = ctx.sleep(duration).map((_, failure): InTime<T> => {
    if (failure) throw failure;
    return { timedOut: true };
  });
  return passCancelOn(RestatePromise.race([inTime, late]), [future]);
}

/** As {@link withTimeout}, with a value for the case that nothing comes in time. */
export function orDefault<T, D>(
  ctx: Context,
  future: RestatePromise<T>,
  duration: Duration | number,
  fallback: D,
): RestatePromise<T | D> {
  const bounded = withTimeout(ctx, future, duration);
  const chosen = bounded.map((outcome, failure): T | D => {
    if (failure) throw failure;
    return outcome && !outcome.timedOut ? outcome.value : fallback;
  });
  return passCancelOn(chosen, [bounded]);
}
