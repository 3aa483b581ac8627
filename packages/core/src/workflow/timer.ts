import { types } from 'node:util';
import { type Context, type Duration, type RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { namedValue } from '../named-value.js';

/**
 * Sleeps durably: the handler suspends and holds no process.
 *
 * @param duration milliseconds, or `{ hours: 2 }`; a lower bound
 * @param name shown in the Restate UI
 * @throws TerminalError (500, `REA7070`) when the duration is negative, longer than a million days, or none at all
 */
export function sleep(ctx: Context, duration: Duration | number, name?: string): RestatePromise<void> {
  return ctx.sleep(duration, name);
}

/**
 * Sleeps durably until a point in time. What "now" is gets journaled, so that a replay sleeps for the same time; a time
 * that has passed is due at once.
 *
 * @throws TerminalError (500, `REA7032`) for an invalid date, and for what is neither a `Date` nor a number
 */
export async function sleepUntil(ctx: Context, time: Date | number, name?: string): Promise<void> {
  const until = types.isDate(time) ? time.getTime() : time;
  if (typeof until !== 'number' || Number.isNaN(until)) {
    const what = typeof until === 'number' ? 'an invalid date' : `${namedValue(until)}, which is no time`;
    throw new TerminalError(
      `REA7032: sleepUntil() was given ${what}. Pass a Date, or milliseconds since 1970: new Date(text) makes one of a date that came as JSON.`,
      { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7032' } },
    );
  }
  const now = await ctx.date.now();
  await ctx.sleep(Math.max(0, until - now), name);
}

/**
 * A durable future of a value that is there after a time: the timer of a race.
 *
 * @example
 * ```ts
 * const winner = await race(ctx, [payments.call.charge(20), after(ctx, { seconds: 30 }, 'too slow')]);
 * ```
 */
export function after<T>(ctx: Context, duration: Duration | number, value: T): RestatePromise<T> {
  return ctx.sleep(duration).map((_, failure) => {
    if (failure) throw failure;
    return value;
  });
}
