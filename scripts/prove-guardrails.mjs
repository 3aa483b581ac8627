/** Reporter of `npm run prove:guardrails`: what each guardrail did with each form in each mode, then the counts. */
export default class GuardrailReporter {
  #shown = 0;
  #missed = 0;

  onTestCaseResult(testCase) {
    const { state, errors = [] } = testCase.result();
    for (const { message, type } of testCase.annotations()) {
      if (type !== 'guardrail' || state !== 'passed') continue;
      this.#shown += 1;
      console.log(message);
    }
    for (const error of errors) this.#miss(testCase.fullName, error);
    // A known defect: the test passes because it fails, and so it has told nothing.
    const isForm = testCase.parent.type === 'module';
    if (isForm && errors.length === 0 && testCase.annotations().length === 0) {
      this.#miss(testCase.fullName, { message: `${state}, without the expected finding (a known defect)` });
    }
  }

  onTestRunEnd(testModules, unhandledErrors) {
    for (const error of unhandledErrors) this.#miss('outside of the tests', error);
    for (const module of testModules) {
      for (const suite of [module, ...module.children.allSuites()]) {
        for (const error of suite.errors()) this.#miss(suite.fullName ?? module.moduleId, error);
      }
    }
    console.log(`${this.#shown} forms and modes as described, ${this.#missed} not`);
    if (this.#missed > 0 || this.#shown === 0) process.exitCode = 1;
  }

  #miss(where, { message, diff = '' }) {
    this.#missed += 1;
    console.log(`MISS ${where}: ${message}\n${diff}`);
  }
}
