import type { TestContext } from 'vitest';

/** Whether the test's server suspends at every wait, which makes more attempts of the same invocation. */
export function replaysAlways({ task }: TestContext): boolean {
  return task.file.projectName === 'durable-replay';
}
