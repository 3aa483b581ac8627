import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DataDirectoryInUseError, InvalidOptionsError } from './errors.js';
import { hasCode } from './node-error.js';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.js';

/** Options of {@link DataDirectoryLock.acquire}. */
export interface DataDirectoryLockOptions {
  /**
   * How long to wait, in milliseconds, for a server whose owner died and which is still shutting down. After that it is
   * killed: nobody can talk to it, and its data survives. Default 10,000.
   */
  readonly orphanTimeout?: number | undefined;
}

interface LockRecord {
  readonly holder: ProcessIdentity;
  readonly server?: ProcessIdentity;
  readonly released?: true;
}

interface Generation {
  readonly number: number;
  readonly record: LockRecord;
}

/**
 * Exclusive ownership of a data directory by one process, since a second Restate server on a directory breaks the first.
 *
 * The lock of a dead process is taken over, also when another program has its pid now. A server that outlived its owner is
 * waited for. Of several starters exactly one wins. The lock is a folder `.rea-lock` of numbered files: to take the lock is
 * to create the next number, which the file system grants once, and the highest number is never deleted, so that a slow
 * starter which judged an older number cannot remove a newer owner. Processes must see the same process table: between
 * containers that share a volume only the server's own database locks protect the data.
 */
export class DataDirectoryLock {
  /** The locked directory, absolute. */
  readonly directory: string;
  readonly #generation: number;
  readonly #holder: ProcessIdentity;
  #released: Promise<void> | undefined;

  private constructor(directory: string, generation: number, holder: ProcessIdentity) {
    this.directory = directory;
    this.#generation = generation;
    this.#holder = holder;
  }

  /**
   * Takes the lock, creating the directory where needed. Nothing but `.rea-lock` is touched before it is held.
   *
   * @throws {DataDirectoryInUseError} at once, when a live process holds it
   */
  static async acquire(baseDir: string, options: DataDirectoryLockOptions = {}): Promise<DataDirectoryLock> {
    const directory = resolve(baseDir);
    const folder = join(directory, lockFolder);
    await mkdir(folder, { recursive: true });
    const holder = await identifyProcess(process.pid);
    if (holder === undefined) {
      throw new InvalidOptionsError(
        'This process cannot find itself in the process table, so the data directory cannot be locked. ' +
          'Mount /proc (Linux), or make ps(1) available.',
      );
    }
    const deadline = Date.now() + (options.orphanTimeout ?? 10_000);
    for (;;) {
      const current = await highest(folder);
      if (current !== undefined && current.record.released === undefined) {
        if (await isAlive(current.record.holder)) {
          throw new DataDirectoryInUseError(directory, current.record.holder.pid);
        }
        const { server } = current.record;
        if (server !== undefined && (await isAlive(server))) {
          if (Date.now() > deadline) process.kill(server.pid, 'SIGKILL');
          await delay(25);
          continue;
        }
      }
      const mine = (current?.number ?? 0) + 1;
      if (!(await create(folder, mine, { holder }))) continue;
      // A starter that was slow may re-create a number which others have already gone past.
      if ((await highest(folder))?.number !== mine) {
        await remove(join(folder, String(mine)));
        continue;
      }
      for (const older of (await numbers(folder)).filter((number) => number < mine)) {
        await remove(join(folder, String(older)));
      }
      return new DataDirectoryLock(directory, mine, holder);
    }
  }

  /** Records the server process, so that whoever comes after a crash of this process knows whom to wait for. */
  async setServer(pid: number): Promise<void> {
    const server = await identifyProcess(pid);
    await this.#write(server === undefined ? { holder: this.#holder } : { holder: this.#holder, server });
  }

  /** Gives the directory free. Idempotent; a directory that is gone is free already. */
  release(): Promise<void> {
    this.#released ??= this.#write({ holder: this.#holder, released: true });
    return this.#released;
  }

  async #write(record: LockRecord): Promise<void> {
    const folder = join(this.directory, lockFolder);
    const partial = join(folder, `new-${randomUUID()}`);
    try {
      await writeFile(partial, JSON.stringify(record), { flag: 'wx' });
      await rename(partial, join(folder, String(this.#generation)));
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** The live process, if any, that holds the lock of a directory. */
export async function dataDirectoryHolder(baseDir: string): Promise<number | undefined> {
  const current = await highest(join(resolve(baseDir), lockFolder));
  if (current === undefined || current.record.released !== undefined) return undefined;
  return (await isAlive(current.record.holder)) ? current.record.holder.pid : undefined;
}

const lockFolder = '.rea-lock';

async function highest(folder: string): Promise<Generation | undefined> {
  for (;;) {
    const number = (await numbers(folder)).at(-1);
    if (number === undefined) return undefined;
    const file = join(folder, String(number));
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) continue;
      throw error;
    }
    try {
      return { number, record: parse(text) };
    } catch (cause) {
      throw new InvalidOptionsError(
        `The lock file ${file} is damaged. Make sure that no Restate server runs on the directory, then delete the file.`,
        { cause },
      );
    }
  }
}

async function numbers(folder: string): Promise<number[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Creates a complete numbered file at once: a reader never sees half a record. */
async function create(folder: string, number: number, record: LockRecord): Promise<boolean> {
  const partial = join(folder, `new-${randomUUID()}`);
  await writeFile(partial, JSON.stringify(record), { flag: 'wx' });
  try {
    await link(partial, join(folder, String(number)));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await remove(partial);
  }
}

async function remove(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function parse(text: string): LockRecord {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('holder' in value)) throw new TypeError('not a lock record');
  const holder = parseIdentity(value.holder);
  if ('released' in value && value.released === true) return { holder, released: true };
  return 'server' in value ? { holder, server: parseIdentity(value.server) } : { holder };
}

function parseIdentity(value: unknown): ProcessIdentity {
  if (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startedAt' in value &&
    typeof value.startedAt === 'string'
  ) {
    return { pid: value.pid, startedAt: value.startedAt };
  }
  throw new TypeError('not a process identity');
}
