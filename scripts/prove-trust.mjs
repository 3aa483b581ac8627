/** Runs the tests that try to break a claim of trust-claims.mjs, on the real server. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';

const files = globSync(
  ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'docs/examples/**/*.test.ts', 'test/**/*.test.ts'],
  {
    exclude: (path) => path.includes('node_modules'),
  },
).filter((file) => /\bclaim: '/.test(readFileSync(file, 'utf8')));
const projects = ['server', 'durable', 'e2e'].flatMap((project) => ['--project', project]);
const { status } = spawnSync(
  'node',
  ['node_modules/vitest/vitest.mjs', 'run', ...projects, ...files, '--reporter=./scripts/prove-trust-reporter.mjs'],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
