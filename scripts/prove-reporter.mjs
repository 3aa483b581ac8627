/** Prints a line for each scenario, with what was seen in it where the test says so, and the counts. */
export default class ProveReporter {
  passed = 0;
  failed = 0;

  onTestCaseResult(testCase) {
    const { state, errors = [] } = testCase.result();
    if (state === 'skipped') return;
    const ok = state === 'passed';
    this[ok ? 'passed' : 'failed'] += 1;
    const seen = testCase.meta().seen ?? [];
    const details = ok ? seen : [...seen, ...errors.map(({ message }) => message)];
    console.log(`${ok ? 'ok    ' : 'MISSED'} ${testCase.fullName.replaceAll(' > ', ': ')}`);
    for (const detail of details) console.log(`         ${detail.replaceAll('\n', ' ').slice(0, 400)}`);
  }

  onTestModuleEnd(module) {
    for (const { message } of module.errors()) {
      this.failed += 1;
      console.log(`MISSED ${module.relativeModuleId}: ${message}`);
    }
  }

  onTestRunEnd(_modules, unhandled) {
    this.failed += unhandled.length;
    for (const { message } of unhandled) console.log(`MISSED ${message}`);
    console.log(`${this.passed} seen, ${this.failed} missed`);
    if (this.passed === 0) process.exitCode = 1;
  }
}
