import { setImmediate as drained } from 'node:timers/promises';
import { CancelledError, type HooksProvider, TerminalError } from '@restatedev/restate-sdk';
import { errorOf } from '../failures/thrown.js';
import { Attempt, enterScope } from './attempt.js';
import { AttemptTeller } from './attempt-teller.js';
import type { FailedMessages } from './failed-messages.js';
import { isCancelledFailure } from './cancelled-failure.js';
import type { HandlerScope } from './handler-scope.js';
import type { InvocationStarts } from './invocation-starts.js';
import { refuseUnawaited } from './unawaited.js';
import { outcomeOf, outcomeOfReturn } from './outcome.js';

type HookContext = Parameters<HooksProvider>[0];

const IS_PROCESSING = Symbol.for('@restatedev/restate-sdk/hooks.isProcessing');

/**
 * The innermost SDK hook of a handler: opens the ambient scope for the handler, maps Nest exceptions before any outer hook
 * counts them, and publishes how the attempt ended. Runs are followed where they are started: what the SDK does for an
 * interceptor of theirs costs as much as the rest of a run.
 */
export function attemptHook(handler: HandlerScope, starts: InvocationStarts, failed: FailedMessages): HooksProvider {
  const teller = new AttemptTeller(handler, starts);
  return (hookContext) => {
    const attempt = new Attempt(handler, hookContext.request);
    const around = (next: () => Promise<void>) => {
      enterScope({ attempt, inMethod: false });
      return observed(attempt, hookContext, teller, failed, next);
    };
    return { interceptor: { handler: around } };
  };
}

async function observed(
  attempt: Attempt,
  hookContext: HookContext,
  teller: AttemptTeller,
  failed: FailedMessages,
  next: () => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  if (!attempt.handler.events.isQuiet) {
    attempt.replays = isReplaying(hookContext);
    teller.started(attempt);
  }
  try {
    await next();
    // Node reports the promises that nobody awaits once the microtasks are drained.
    if (attempt.hasRefused) await drained();
    if (attempt.failure) throw attempt.failure.error;
    refuseUnawaited(attempt);
  } catch (thrown) {
    const error = attempt.handler.asTerminalError(thrown) ?? errorOf(thrown);
    const mapped = (await isCancelledFailure(attempt, error)) ? new CancelledError() : error;
    attempt.end(outcomeOf(mapped, attempt.request));
    teller.ended(attempt, startedAt, mapped);
    if (attempt.outcome === 'failed' && mapped instanceof TerminalError) failed.note(attempt, mapped);
    throw mapped;
  }
  attempt.end(outcomeOfReturn(attempt.request));
  teller.ended(attempt, startedAt);
}

/** The SDK marks its hook context with a function under a well-known symbol; false while it replays the journal. */
function isReplaying(hookContext: HookContext): boolean {
  const isProcessing: unknown = Reflect.get(hookContext, IS_PROCESSING);
  return typeof isProcessing === 'function' && !isProcessing();
}
