import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stablePorts } from '../src/index.js';
import { scratchDirectory } from './support/directory.js';

it('gives each name its own port, and the same one ever after', async () => {
  await using directory = await scratchDirectory();
  const first = await stablePorts(directory.path, ['endpoint', 'metrics']);
  expect(first.endpoint).not.toBe(first.metrics);
  expect(await stablePorts(directory.path, ['metrics', 'endpoint'])).toEqual(first);
  expect(JSON.parse(await readFile(join(directory.path, 'rea-ports.json'), 'utf8'))).toEqual(first);
});

it('loses nothing when several parts of a program ask at once', async () => {
  await using directory = await scratchDirectory();
  const names = Array.from({ length: 10 }, (_, index) => `part-${index}`);
  const asked = await Promise.all(names.map((name) => stablePorts(directory.path, [name])));
  const ports = Object.assign({}, ...asked);
  expect(new Set(Object.values(ports)).size).toBe(10);
  expect(await stablePorts(directory.path, names)).toEqual(ports);
});

it('makes the directory', async () => {
  await using directory = await scratchDirectory();
  const { endpoint } = await stablePorts(join(directory.path, 'not', 'yet'), ['endpoint']);
  expect(endpoint).toBeGreaterThan(1_024);
});

it('refuses a persisted port that is taken, and says whose it is and what to do', async () => {
  await using directory = await scratchDirectory();
  const { endpoint } = await stablePorts(directory.path, ['endpoint']);
  const squatter = createServer();
  await new Promise<void>((resolve) => {
    squatter.listen(endpoint, '127.0.0.1', resolve);
  });
  try {
    const failure = stablePorts(directory.path, ['endpoint']);
    await expect(failure).rejects.toMatchObject({ code: 'REA5005', port: endpoint, purpose: 'endpoint' });
    await expect(failure).rejects.toThrow(/lsof -i :\d+ .*delete "endpoint"/);
  } finally {
    await new Promise((resolve) => squatter.close(resolve));
  }
});

it('does not guess at a damaged file', async () => {
  await using directory = await scratchDirectory();
  await writeFile(join(directory.path, 'rea-ports.json'), '{"endpoint":"many"}');
  await expect(stablePorts(directory.path, ['endpoint'])).rejects.toMatchObject({ code: 'REA5010' });
});
