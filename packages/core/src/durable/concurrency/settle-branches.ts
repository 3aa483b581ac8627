import type { Context, TerminalError } from '@restatedev/restate-sdk';
import { refuseInRun } from '../../invocation/attempt.js';
import { asTerminalError } from '../../invocation/error-mapping.js';
import { BranchScheduler } from './branch-scheduler.js';

/** What became of one branch. */
export type BranchOutcome<T> =
  { readonly status: 'fulfilled'; readonly value: T } | { readonly status: 'rejected'; readonly reason: TerminalError };

/** What became of all branches. */
export interface SettledBranches<T> {
  /** In the order of the branches. */
  readonly outcomes: readonly BranchOutcome<T>[];
  /** What the branch threw that failed first, as it threw it. */
  readonly firstFailure: { readonly error: unknown } | undefined;
}

/**
 * Runs functions as branches and waits for all of them.
 *
 * An ordinary error is no outcome: it ends the attempt, which is then retried. So the other branches go no further.
 *
 * @param what the name of the helper, for messages
 * @throws CancelledError when a branch ended by the cancellation of the invocation, and likewise a deadline around all of
 *   them, whatever the others did
 * @throws the first ordinary error of a branch
 */
export async function settleBranches<T>(
  ctx: Context,
  what: string,
  functions: readonly (() => PromiseLike<T>)[],
): Promise<SettledBranches<T>> {
  refuseInRun(`${what}()`);
  const scheduler = BranchScheduler.of(ctx);
  const branches = functions.map(() => scheduler.createBranch());
  const failures: unknown[] = [];
  const { promise: ordinaryError, reject: failAttempt } = Promise.withResolvers<never>();
  const ends = functions.map(async (fn, index): Promise<BranchOutcome<T>> => {
    try {
      return { status: 'fulfilled', value: await scheduler.run(branches[index]!, fn) };
    } catch (error) {
      failures.push(error);
      const reason = asTerminalError(error);
      if (reason) return { status: 'rejected', reason };
      void scheduler.abandon(branches).then(() => failAttempt(error));
      return ordinaryError;
    }
  });
  const outcomes = await scheduler.join(Promise.all(ends));
  for (const failure of failures) if (BranchScheduler.isInterruption(failure)) throw failure;
  return { outcomes, firstFailure: failures.length > 0 ? { error: failures[0] } : undefined };
}
