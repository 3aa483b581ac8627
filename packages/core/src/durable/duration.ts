import type { Duration } from '@restatedev/restate-sdk';
import { namedValue } from '../named-value.js';

const UNITS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1 } as const;

/** What a timer of Node can wait, in milliseconds: more makes it fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

const MOST_DAYS = 1_000_000;

/** In milliseconds. The ingress takes no delay beyond the year 9999, and beyond 64 bits a wait ends at once. */
const LONGEST_DURATION = MOST_DAYS * UNITS.days;

/** What a duration may be, for messages. */
export const DURATION_CURE =
  'Pass milliseconds, or units: { minutes: 5 }, of days, hours, minutes, seconds and milliseconds.';

/** In milliseconds. */
export interface DurationBounds {
  /** Default: 0. */
  readonly least?: number;
  /** Default: a million days. */
  readonly most?: number;
}

/** A duration in milliseconds, as Restate counts it: a number, or the sum of the parts. */
export function toMillis(duration: Duration | number): number {
  if (typeof duration === 'number') return duration;
  return Object.entries(UNITS).reduce(
    (sum, [unit, millis]) => sum + (duration[unit as keyof typeof UNITS] ?? 0) * millis,
    0,
  );
}

/** Why a value cannot be a duration within bounds, as in "The delay is negative (-5 ms)"; undefined when it can. */
export function durationProblem(
  duration: unknown,
  { least = 0, most = LONGEST_DURATION }: DurationBounds = {},
): string | undefined {
  if (typeof duration === 'number' && duration >= least && duration <= most) return undefined;
  const problem = typeof duration === 'number' ? undefined : unitsProblem(duration);
  if (problem !== undefined) return problem;
  const millis = toMillis(duration as Duration | number);
  if (!Number.isFinite(millis)) return `is ${millis}`;
  if (millis < 0) return `is negative (${millis} ms)`;
  if (millis < least) return `is ${millis} ms, but must be at least ${least} ms`;
  if (millis <= most) return undefined;
  return most === LONGEST_TIMER
    ? `is ${millis} ms, but must be at most ${most} ms (24.8 days)`
    : `is ${millis} ms, but must be at most ${most} ms${most === LONGEST_DURATION ? ` (${MOST_DAYS} days)` : ''}`;
}

/** As {@link durationProblem}, of a value that is milliseconds and no sum of units. */
export function millisProblem(value: unknown, bounds?: DurationBounds): string | undefined {
  if (typeof value === 'number') return durationProblem(value, bounds);
  return `is ${typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : namedValue(value)}, and not a number`;
}

/** Of what is refused with REA7070. */
export function badDurationMessage(what: string, problem: string): string {
  const passed = isNegative(problem) ? ' For a time that may have passed, pass Math.max(0, ...).' : '';
  return `REA7070: ${what} ${problem}. ${DURATION_CURE}${passed}`;
}

/** Whether what {@link durationProblem} has found may be a time that has passed: what was left until then is negative. */
export function isNegative(problem: string): boolean {
  return problem.startsWith('is negative');
}

function unitsProblem(duration: unknown): string | undefined {
  if (typeof duration === 'string') return `is the text ${JSON.stringify(duration.slice(0, 40))}`;
  if (typeof duration !== 'object' || duration === null || Array.isArray(duration) || duration instanceof Date) {
    return `is ${namedValue(duration)}`;
  }
  const parts = Object.entries(duration).filter(([, value]) => value !== undefined);
  if (parts.length === 0) return 'has no units';
  for (const [unit, value] of parts) {
    if (!Object.hasOwn(UNITS, unit)) return `has the unit ${JSON.stringify(unit)}, which does not exist`;
    if (!Number.isFinite(value)) return `has ${typeof value === 'number' ? value : namedValue(value)} as its ${unit}`;
  }
  return undefined;
}
