import { type Duration, TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { badDurationMessage, type DurationBounds, durationProblem, toMillis } from './duration.js';

/**
 * A duration in milliseconds, checked, in a handler: what cannot work now cannot on a retry.
 *
 * @param what for the message: `The delay of a message to Mail/post`
 * @throws TerminalError (500, `REA7070`) when it is none: NaN, negative, infinite, text, an unknown unit, too long
 */
export function checkedMillis(what: string, duration: unknown, bounds?: DurationBounds): number {
  const problem = durationProblem(duration, bounds);
  if (problem === undefined) return toMillis(duration as Duration | number);
  throw new TerminalError(badDurationMessage(what, problem), {
    errorCode: 500,
    metadata: { [ERROR_METADATA.code]: 'REA7070' },
  });
}
