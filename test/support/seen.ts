import { TestRunner } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** What was seen, for reporters that print evidence. */
    seen?: string[];
  }
}

/** Notes what the running test has seen. */
export function seen(what: string): void {
  const test = TestRunner.getCurrentTest();
  if (test) (test.meta.seen ??= []).push(what);
}
