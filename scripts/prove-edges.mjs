import ProveReporter from './prove-reporter.mjs';

/** What has to be seen, and in which tests. */
const EVIDENCE = [
  ['Forged tokens', /security\/tokens\.test/],
  ['Requests played again, and honest ones', /security\/(replays|honest-traffic)\.test/],
  ['Malformed requests', /bad-input\.test/],
  ['Secrets in the journal', /(secrets|access)\.test/],
];

/** After the scenarios, the figures by subject. A subject without any is a miss, as a failed scenario is. */
export default class ProveEdges extends ProveReporter {
  seen = [];

  onTestCaseResult(testCase) {
    super.onTestCaseResult(testCase);
    for (const line of testCase.meta().seen ?? []) this.seen.push([testCase.module.moduleId, line]);
  }

  onTestRunEnd(modules, unhandled) {
    for (const [subject, tests] of EVIDENCE) {
      console.log(`\n${subject}`);
      const lines = this.seen.filter(([module]) => tests.test(module)).map(([, line]) => line);
      for (const line of lines) console.log(`  ${line}`);
      if (lines.length > 0) continue;
      this.failed += 1;
      process.exitCode = 1;
      console.log('  MISSED: nothing was seen');
    }
    console.log();
    super.onTestRunEnd(modules, unhandled);
  }
}
