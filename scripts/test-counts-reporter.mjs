import { writeFileSync, writeSync } from 'node:fs';

/**
 * Prints what failed and `N passed, N failed` as the very last lines of a test run: whoever sees only the end of a long
 * log still learns what to look at. It waits for the process to exit, so that the line
 * also comes after a crash of the runner and is never followed by another reporter's output.
 * With TEST_COUNTS_FILE set the line goes there instead, for a caller that has more to print.
 */
export default class TestCountsReporter {
  #passed = 0;
  #failed = 0;
  #failures = [];

  constructor() {
    process.once('exit', () => {
      const lines = [...this.#failures, `${this.#passed} passed, ${this.#failed} failed`, ''].join('\n');
      if (process.env.TEST_COUNTS_FILE) writeFileSync(process.env.TEST_COUNTS_FILE, lines);
      else writeSync(1, lines);
    });
  }

  onTestCaseResult(testCase) {
    const { state, errors = [] } = testCase.result();
    if (state === 'failed') this.#failures.push(described(testCase.fullName, testCase.module, errors));
  }

  onTestRunEnd(testModules, unhandledErrors) {
    const count = (state) => testModules.reduce((sum, file) => sum + [...file.children.allTests(state)].length, 0);
    // A file that does not load, a hook that throws and an error outside every test have no failed test that would show them.
    const broken = testModules
      .flatMap((file) => [file, ...file.children.allSuites()])
      .filter((suite) => suite.errors().length > 0)
      .map((suite) => described(suite.fullName ?? 'the file', suite.module ?? suite, suite.errors()));
    broken.push(...unhandledErrors.map((error) => described('outside every test', undefined, [error])));
    this.#failures.push(...broken);
    const unfinished = count('pending');
    this.#passed = count('passed');
    this.#failed = count('failed') + unfinished + broken.length;
  }
}

function described(name, file, errors) {
  const where = file ? `${file.project.name}: ${file.relativeModuleId}: ` : '';
  const why = errors.map(({ message }) => `       ${message.slice(0, 2000).replaceAll('\n', '\n       ')}`);
  return [`FAILED ${where}${name}`, ...why].join('\n');
}
