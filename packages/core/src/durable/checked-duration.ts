import { type Duration, type internal, TerminalError } from '@restatedev/restate-sdk';
import { ATTEMPT, type InAttempt } from '../invocation/attempt.js';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { badDurationMessage, type DurationBounds, durationProblem, isNegative, toMillis } from './duration.js';

/**
 * A duration in milliseconds, checked, in a handler: what cannot work now cannot on a retry.
 *
 * @param what for the message: `The delay of a message to Mail/post`
 * @throws TerminalError (500, `REA7070`) when it is none: NaN, negative, infinite, text, an unknown unit, too long
 */
export function checkedMillis(what: string, duration: unknown, bounds?: DurationBounds): number {
  const problem = durationProblem(duration, bounds);
  if (problem === undefined) return toMillis(duration as Duration | number);
  throw badDuration(what, problem);
}

/**
 * Whether a duration is one. False for a negative one on a replay: `dueAt - Date.now()` may have been a duration when it
 * was journaled, and the server does not compare durations.
 *
 * @throws TerminalError (500, `REA7070`) when it is none
 */
export function isAcceptedDuration(
  ctx: object,
  duration: Duration | number,
  what: () => string,
  bounds?: DurationBounds,
): boolean {
  const problem = durationProblem(duration, bounds);
  if (problem === undefined) return true;
  const { [ATTEMPT]: attempt, isProcessing } = ctx as Partial<InAttempt & internal.ContextInternal>;
  const isNew = attempt ? attempt.advances : (isProcessing?.call(ctx as internal.ContextInternal) ?? true);
  if (isNew || !isNegative(problem)) throw badDuration(what(), problem);
  return false;
}

function badDuration(what: string, problem: string): TerminalError {
  return new TerminalError(badDurationMessage(what, problem), {
    errorCode: 500,
    metadata: { [ERROR_METADATA.code]: 'REA7070' },
  });
}
