import { TestRunner } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** The claim of `npm run prove:trust` that the test tries to break. */
    claim?: string;
    /** How many inputs it has tried. Default: 1. */
    inputs?: number;
  }
}

/** Notes that the running test tries several inputs. */
export function tried(inputs: number): void {
  const test = TestRunner.getCurrentTest();
  if (test) test.meta.inputs = (test.meta.inputs ?? 0) + inputs;
}
