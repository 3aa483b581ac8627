import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const existing = new Set<string>();

/** Makes a directory that is removed at the latest when this process exits, unless a signal kills it. */
export async function makeTemporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rea-restate-'));
  if (existing.size === 0) process.on('exit', removeAll);
  existing.add(directory);
  return directory;
}

/** Removes a directory that {@link makeTemporaryDirectory} made. */
export async function removeTemporaryDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  existing.delete(directory);
  if (existing.size === 0) process.removeListener('exit', removeAll);
}

function removeAll(): void {
  for (const directory of existing) rmSync(directory, { recursive: true, force: true });
}
