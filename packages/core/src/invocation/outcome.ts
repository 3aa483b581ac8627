import { CancelledError, internal, type Request, TerminalError } from '@restatedev/restate-sdk';
import type { AttemptOutcome } from '../events/rea-event.js';

/** Tells how an attempt ended from what its handler's promise was rejected with. */
export function outcomeOf(error: unknown, request: Request): AttemptOutcome {
  if (internal.isSuspendedError(error)) return 'suspended';
  if (error instanceof CancelledError) return 'cancelled';
  if (error instanceof TerminalError) return 'failed';
  // A kill and a lost connection arrive as stream errors; only the signal tells them from a retryable error.
  return request.attemptCompletedSignal.aborted ? 'cut' : 'retrying';
}
