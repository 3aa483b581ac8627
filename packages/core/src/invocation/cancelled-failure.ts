import { internal, TerminalError } from '@restatedev/restate-sdk';
import { receivedCancel } from '../durable/received-cancel.js';
import type { Attempt } from './attempt.js';

/** What is used of the SDK's context beyond its types. */
interface EndingContext {
  readonly invocationEndPromise?: { readonly promise: Promise<unknown> };
}

const NOTHING = Promise.resolve();

/**
 * Whether an attempt ends with an ordinary error after its invocation was cancelled. It is not tried again then: whoever
 * cancelled it wants its end, and its object's key may be blocked by it.
 */
export async function isCancelledFailure(attempt: Attempt, error: Error): Promise<boolean> {
  const { boundContext: ctx } = attempt;
  if (!ctx || error instanceof TerminalError || internal.isSuspendedError(error)) return false;
  if (attempt.request.attemptCompletedSignal.aborted || !receivedCancel(ctx)) return false;
  return !(await hasEnded(ctx as EndingContext));
}

/** Whether the attempt itself has ended (suspended, or a run has failed): its machine takes no answer any more. */
async function hasEnded({ invocationEndPromise }: EndingContext): Promise<boolean> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  invocationEndPromise?.promise.then(end, end);
  // What is settled already calls back before this goes on.
  await NOTHING;
  return ended;
}
