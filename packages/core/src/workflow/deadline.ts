import { type Context, type Duration, TerminalError } from '@restatedev/restate-sdk';
import { BranchScheduler } from '../durable/concurrency/branch-scheduler.js';
import { DURATION_CURE, durationProblem, isNegative, toMillis } from '../durable/duration.js';
import { attemptOf, refuseInRun } from '../invocation/attempt.js';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { DeadlineError } from './deadline.error.js';

/** Shown in the Restate UI for the timers of deadlines. Part of the journal: it never changes. */
const TIMER = 'deadline';

/**
 * Runs a piece of handler code that may await as many durable things as it likes, and fails with 408 when it is not done
 * in time. The deadline is in the journal: it keeps running while the handler is suspended or down, and passes at the same
 * place on each replay.
 *
 * When it passes, a {@link DeadlineError} is thrown at whatever the block awaits, in each of its branches, once: `catch`
 * and `finally` run, and may clean up durably for as long as that takes. Nothing of the block goes on after that. A call
 * that was given up runs on in its own handler. A cancellation that comes first is thrown as a `CancelledError`, and ends
 * the deadline. Nests; the deadline that passes first counts.
 *
 * Code that waits for something native is not interrupted: it is told at its next durable await.
 *
 * @example
 * ```ts
 * const quote = await withDeadline(ctx, { minutes: 5 }, async () => {
 *   const route = await this.routes.call.plan(order);
 *   return this.carriers.call.quote(route);
 * });
 * ```
 *
 * @param ctx the handler's context, also for the block
 * @param duration milliseconds, or `{ minutes: 5 }`, counted from the first time that the handler gets here
 * @param block its result is given back
 * @throws DeadlineError (terminal, 408, `REA7033`) when the deadline has passed, also when the block then returns a value
 * @throws what the block throws, also when it throws something else because of the deadline
 * @throws TerminalError (500, `REA7034`) when the duration is negative, or no duration at all
 */
export async function withDeadline<T>(
  ctx: Context,
  duration: Duration | number,
  block: () => PromiseLike<T>,
): Promise<T> {
  refuseInRun('withDeadline()');
  return bounded(ctx, `The block in ${attemptOf(ctx)?.place ?? ctx.request().target.toString()}`, duration, block);
}

/** As {@link withDeadline}, for a handler as a whole. */
export function boundHandler<T>(ctx: Context, duration: Duration | number, handler: () => PromiseLike<T>): Promise<T> {
  return bounded(ctx, attemptOf(ctx)?.place ?? ctx.request().target.toString(), duration, handler);
}

async function bounded<T>(
  ctx: Context,
  what: string,
  duration: Duration | number,
  block: () => PromiseLike<T>,
): Promise<T> {
  const problem = durationProblem(duration);
  // What was left when the timer was journaled may have passed on a replay.
  if (problem && (!isNegative(problem) || (attemptOf(ctx)?.advances ?? true))) {
    throw new TerminalError(`REA7034: ${what} was given a deadline that ${problem}. ${DURATION_CURE}`, {
      errorCode: 500,
      metadata: { [ERROR_METADATA.code]: 'REA7034' },
    });
  }
  const scheduler = BranchScheduler.of(ctx);
  const branch = scheduler.createBranch();
  const reason = new DeadlineError(what, toMillis(duration));
  // The timer is Rea's doing: a guardrail on the handler's own sleeps does not apply.
  const timer = (attemptOf(ctx)?.ctx ?? ctx).sleep(duration, TIMER);
  const work = scheduler.run(branch, block);
  const bound = scheduler.bound(branch, timer, reason);
  const inTime = work.finally(() => bound.end());
  const value = await scheduler.join(inTime);
  if (bound.expired) throw reason;
  return value;
}
