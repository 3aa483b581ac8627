import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';

const app = fileURLToPath(new URL('../../apps/dist/exits.js', import.meta.url));

/** As a person sees it who waits for a test runner; without an end it would be for ever. */
const LONGEST = 2_000;

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

describe('A process of tests ends by itself after app.close()', { meta: { claim: 'test-failures' } }, () => {
  test.each([
    ['with a server of its own for all its applications', {}],
    ['with a server for this application', { server: 'no-retry' }],
    ['while failures are thrown', { failures: 'throw' }],
    ['with a mounted endpoint', { rea: { endpoint: { serve: 'mounted' } } }],
  ])('%s', async (_what, options) => {
    const { REA_TEST_SERVER: _, ...env } = process.env;
    child = spawn(process.execPath, [app], {
      env: { ...env, OPTIONS: JSON.stringify(options) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
    expect(first).toBe('closed');
    const closed = performance.now();
    const [code] = (await once(child, 'exit')) as [number];
    expect(performance.now() - closed).toBeLessThan(LONGEST);
    expect(code).toBe(0);
  });
});
