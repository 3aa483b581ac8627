import type { Duration } from '@restatedev/restate-sdk';
import { toMillis } from '@rea/core/internal';
import type { CompensationRetry, CompensationStrategy } from './saga-run.options.js';

/** A retry policy with nothing left open; times in milliseconds. */
export interface Backoff {
  readonly maxAttempts: number;
  readonly initial: number;
  readonly max: number;
  readonly factor: number;
  readonly jitter: number;
}

const DEFAULTS = { maxAttempts: 6, initialInterval: 1_000, maxInterval: 300_000, factor: 2, jitter: 0 } as const;

/** The policy in force: the first that says something wins. */
export function backoffOf(
  strategy: CompensationStrategy,
  ...policies: readonly (CompensationRetry | undefined)[]
): Backoff {
  const merged = Object.assign({}, DEFAULTS, ...policies.toReversed().map((policy) => defined(policy))) as Required<
    Omit<CompensationRetry, 'initialInterval' | 'maxInterval'>
  > & { initialInterval: Duration | number; maxInterval: Duration | number };
  return {
    maxAttempts: strategy === 'until-success' ? Infinity : merged.maxAttempts,
    initial: toMillis(merged.initialInterval),
    max: toMillis(merged.maxInterval),
    factor: merged.factor,
    jitter: merged.jitter,
  };
}

/**
 * The wait before a try, in milliseconds.
 *
 * @param attempt the try that comes next, from 2
 * @param random 0 to 1, the same on every replay
 */
export function waitBefore({ initial, max, factor, jitter }: Backoff, attempt: number, random: () => number): number {
  const wait = Math.min(max, initial * factor ** (attempt - 2));
  return Math.round(jitter === 0 ? wait : wait * (1 - jitter * random()));
}

function defined(policy: CompensationRetry = {}): CompensationRetry {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}
