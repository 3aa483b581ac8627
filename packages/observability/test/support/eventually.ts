import { vi } from 'vitest';

/** Repeats `attempt` until it neither throws nor rejects, and gives its result. */
export function eventually<T>(attempt: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(attempt, { timeout: 10_000, interval: 10 });
}
