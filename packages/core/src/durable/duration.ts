import type { Duration } from '@restatedev/restate-sdk';

const UNITS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1 } as const;

/** What a timer of Node can wait, in milliseconds: more makes it fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** A duration in milliseconds, as Restate counts it: a number, or the sum of the parts. */
export function toMillis(duration: Duration | number): number {
  if (typeof duration === 'number') return duration;
  return Object.entries(UNITS).reduce(
    (sum, [unit, millis]) => sum + (duration[unit as keyof typeof UNITS] ?? 0) * millis,
    0,
  );
}
