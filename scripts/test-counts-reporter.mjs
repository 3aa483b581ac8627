import { writeFileSync, writeSync } from 'node:fs';

/**
 * Prints `N passed, N failed` as the very last line of a test run. It waits for the process to exit, so that the line
 * also comes after a crash of the runner and is never followed by another reporter's output.
 * With TEST_COUNTS_FILE set the line goes there instead, for a caller that has more to print.
 */
export default class TestCountsReporter {
  #passed = 0;
  #failed = 0;

  constructor() {
    process.once('exit', () => {
      const line = `${this.#passed} passed, ${this.#failed} failed\n`;
      if (process.env.TEST_COUNTS_FILE) writeFileSync(process.env.TEST_COUNTS_FILE, line);
      else writeSync(1, line);
    });
  }

  onTestRunEnd(testModules, unhandledErrors) {
    const count = (state) => testModules.reduce((sum, file) => sum + [...file.children.allTests(state)].length, 0);
    // A file that does not load, a hook that throws and an error outside every test have no failed test that would show them.
    const broken =
      testModules.flatMap((file) => [file, ...file.children.allSuites()]).filter((suite) => suite.errors().length > 0)
        .length + unhandledErrors.length;
    const unfinished = count('pending');
    this.#passed = count('passed');
    this.#failed = count('failed') + unfinished + broken;
  }
}
