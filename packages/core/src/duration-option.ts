import {
  DURATION_CURE,
  type DurationBounds,
  durationProblem,
  LONGEST_TIMER,
  millisProblem,
} from './durable/duration.js';
import { ReaOptionsError } from './options.error.js';

/**
 * Refuses an option that is no duration: milliseconds, or units. What is left out passes.
 *
 * @param path of the option: `supervisor.interval`
 * @throws ReaOptionsError naming the path and the cure
 */
export function checkDurationOption(path: string, duration: unknown, bounds?: DurationBounds): void {
  const problem = duration === undefined ? undefined : durationProblem(duration, bounds);
  if (problem !== undefined) throw new ReaOptionsError(path, `${problem}. ${DURATION_CURE}`);
}

/** As {@link checkDurationOption}, for an option in milliseconds that a timer of Node waits for. */
export function checkTimerOption(path: string, millis: unknown, least = 0): void {
  const problem = millis === undefined ? undefined : millisProblem(millis, { least, most: LONGEST_TIMER });
  if (problem !== undefined) {
    throw new ReaOptionsError(path, `${problem}. It is a number of milliseconds, from ${least} to ${LONGEST_TIMER}.`);
  }
}
