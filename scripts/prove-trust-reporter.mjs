import { CLAIMS } from './trust-claims.mjs';

const sum = (counts) => [...counts.values()].reduce((total, count) => total + count, 0);

/** A line for each claim: the inputs that were tried, and the right answers. What was missed stands below it. */
export default class ProveTrustReporter {
  tried = new Map(CLAIMS.map(([id]) => [id, 0]));
  right = new Map(CLAIMS.map(([id]) => [id, 0]));
  missed = [];

  onTestCaseResult(testCase) {
    const { state, errors = [] } = testCase.result();
    const { claim, inputs = 1 } = testCase.meta();
    if (claim === undefined || state === 'skipped') return;
    if (!this.tried.has(claim)) this.missed.push(`${testCase.fullName}: there is no claim "${claim}"`);
    this.tried.set(claim, (this.tried.get(claim) ?? 0) + inputs);
    if (state === 'passed') this.right.set(claim, (this.right.get(claim) ?? 0) + inputs);
    else this.missed.push(`${testCase.fullName}: ${errors.map(({ message }) => message).join('; ')}`);
  }

  onTestModuleEnd(module) {
    for (const { message } of module.errors()) this.missed.push(`${module.relativeModuleId}: ${message}`);
  }

  onTestRunEnd(_modules, unhandled) {
    for (const { message } of unhandled) this.missed.push(`outside of the tests: ${message}`);
    for (const [index, [id, what]] of CLAIMS.entries()) {
      const [tried, right] = [this.tried.get(id), this.right.get(id)];
      if (tried === 0) this.missed.push(`${what}: nothing was tried`);
      const mark = tried > 0 && tried === right ? 'ok    ' : 'MISSED';
      const counts = `${String(right).padStart(4)} of ${String(tried).padStart(4)}`;
      console.log(`${mark} ${String(index + 1).padStart(2)} ${counts}  ${what}`);
    }
    for (const line of this.missed) console.log(`MISSED ${line.replaceAll('\n', ' ').slice(0, 400)}`);
    console.log(`${sum(this.tried)} inputs tried, ${sum(this.right)} right answers, ${this.missed.length} missed`);
    if (this.missed.length > 0) process.exitCode = 1;
  }
}
