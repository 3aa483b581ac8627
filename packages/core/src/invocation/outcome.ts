import { CancelledError, internal, type Request, TerminalError } from '@restatedev/restate-sdk';
import type { AttemptOutcome } from '../events/rea-event.js';

/** Tells how an attempt ended from what its handler's promise was rejected with. */
export function outcomeOf(error: unknown, request: Request): AttemptOutcome {
  // After a kill or a lost connection nothing of what the handler throws reaches the server, a suspension neither.
  if (request.attemptCompletedSignal.aborted) return 'cut';
  if (internal.isSuspendedError(error)) return 'suspended';
  if (error instanceof CancelledError) return 'cancelled';
  return error instanceof TerminalError ? 'failed' : 'retrying';
}

/** Tells how an attempt ended whose handler returned: what it returned reaches the server only while that listens. */
export function outcomeOfReturn({ attemptCompletedSignal }: Request): AttemptOutcome {
  return attemptCompletedSignal.aborted ? 'cut' : 'completed';
}
