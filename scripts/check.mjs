import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Tests come last, and run even when an earlier stage failed: one run shows everything that is wrong.
const stages = [
  'format:check',
  'docs:check',
  'build',
  'lint',
  'typecheck',
  'unused',
  'package:check',
  'api:check',
  'test',
];

const scratch = mkdtempSync(join(tmpdir(), 'rea-check-'));
const countsFile = join(scratch, 'counts');
const results = [];

for (const stage of stages) {
  console.log(`\n== ${stage}`);
  const start = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', stage], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TEST_COUNTS_FILE: countsFile },
  });
  results.push({ stage, ok: status === 0, seconds: (performance.now() - start) / 1000 });
}

console.log();
for (const { stage, ok, seconds } of results) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${stage.padEnd(14)} ${seconds.toFixed(1).padStart(7)} s`);
}

let counts = '0 passed, 0 failed';
try {
  counts = readFileSync(countsFile, 'utf8').trim();
} catch {
  // The test stage ended before the runner started.
}
rmSync(scratch, { recursive: true });

const noTests = /^0 passed/m.test(counts);
if (noTests) console.log('FAILED no test passed');
console.log(counts);
process.exitCode = noTests || results.some(({ ok }) => !ok) ? 1 : 0;
