import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DataDirectoryLock } from '../src/index.js';
import { identifyProcess } from '../src/process-identity.js';
import { scratchDirectory } from './support/directory.js';

async function leaveLock(directory: string, record: unknown): Promise<void> {
  await mkdir(join(directory, '.rea-lock'), { recursive: true });
  await writeFile(join(directory, '.rea-lock', '7'), JSON.stringify(record));
}

it('belongs to one holder until it is released', async () => {
  await using directory = await scratchDirectory();
  const lock = await DataDirectoryLock.acquire(directory.path);
  await expect(DataDirectoryLock.acquire(directory.path)).rejects.toMatchObject({
    code: 'REA5006',
    directory: directory.path,
    holderPid: process.pid,
  });
  await lock.release();
  await lock.release();
  await (await DataDirectoryLock.acquire(directory.path)).release();
});

it('names a live holder in another process', async () => {
  await using directory = await scratchDirectory();
  const other = spawn('/bin/sh', ['-c', 'read -r _'], { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    await leaveLock(directory.path, { holder: await identifyProcess(other.pid ?? 0) });
    await expect(DataDirectoryLock.acquire(directory.path)).rejects.toThrow(`in use by process ${other.pid}`);
  } finally {
    const exit = once(other, 'exit');
    other.stdin.end();
    await exit;
  }
  await DataDirectoryLock.acquire(directory.path);
});

it('is taken over when another program has the pid of its holder now', async () => {
  await using directory = await scratchDirectory();
  await leaveLock(directory.path, { holder: { pid: process.pid, startedAt: 'long ago' } });
  await DataDirectoryLock.acquire(directory.path);
  expect(await readdir(join(directory.path, '.rea-lock'))).toEqual(['8']);
});

it('kills a server that outlived its owner and does not end in time', async () => {
  await using directory = await scratchDirectory();
  const orphan = spawn('/bin/sh', ['-c', 'read -r _'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const exit = once(orphan, 'exit');
  await leaveLock(directory.path, {
    holder: { pid: process.pid, startedAt: 'long ago' },
    server: await identifyProcess(orphan.pid ?? 0),
  });
  await DataDirectoryLock.acquire(directory.path, { orphanTimeout: 100 });
  await exit;
  expect(orphan.signalCode).toBe('SIGKILL');
});

it('goes to exactly one of many that want a stale lock at once, time and again', async () => {
  await using directory = await scratchDirectory();
  await leaveLock(directory.path, { holder: { pid: process.pid, startedAt: 'long ago' } });
  for (let round = 0; round < 20; round += 1) {
    const results = await Promise.allSettled(
      Array.from({ length: 16 }, () => DataDirectoryLock.acquire(directory.path)),
    );
    const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(winners).toHaveLength(1);
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refusals).toEqual(Array(15).fill(expect.objectContaining({ code: 'REA5006' })));
    await winners[0]?.release();
  }
});

it('says which file is damaged', async () => {
  await using directory = await scratchDirectory();
  await leaveLock(directory.path, 'nonsense');
  await expect(DataDirectoryLock.acquire(directory.path)).rejects.toThrow(join('.rea-lock', '7'));
});
