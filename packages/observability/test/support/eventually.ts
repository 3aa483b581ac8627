import { setTimeout as pause } from 'node:timers/promises';

/** Repeats `attempt` until it neither throws nor rejects; at the deadline the last failure is the test's. */
export async function eventually<T>(attempt: () => T | Promise<T>, timeout = 10_000): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await pause(20);
  }
}
