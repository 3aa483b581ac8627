import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const load = fileURLToPath(new URL('../../../apps/orders/dist/load/main.js', import.meta.url));

async function run(...args: string[]): Promise<{ code: unknown; output: string }> {
  const env = { ...process.env, CI: '', NODE_ENV: 'development' };
  const child = spawn(process.execPath, ['--enable-source-maps', load, ...args], { env, stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, output };
}

test('The load of 40 orders ends well, and the books agree', async () => {
  const { code, output } = await run('--orders', '40');
  expect(output).toContain('40 of 40 orders (100 %)');
  expect(output).toContain('The books agree: every piece and every cent is accounted for.');
  expect(output).not.toContain('DIFFERS');
  expect(code).toBe(0);
});

test('The load says which argument is wrong, and does not start', async () => {
  expect(await run('--orders', 'many')).toMatchObject({ code: 2, output: expect.stringContaining('--orders') });
});
