import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RestateServerOptions } from '../../src/index.js';

/** Polls until `condition` holds; fails with `what` when it does not in time. */
export async function eventually(
  what: string,
  timeout: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not within ${timeout} ms: ${what}`);
    await delay(10);
  }
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

async function processes(): Promise<ProcessRow[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3]?.startsWith('Z') === false)
    .map(([pid, parent, group]) => ({ pid: Number(pid), parent: Number(parent), group: Number(group) }));
}

/** Whether a process with this pid exists; a zombie does not count. */
export async function exists(pid: number): Promise<boolean> {
  return (await processes()).some((row) => row.pid === pid);
}

/** The pids of everything that was started to run a server: itself, its supervisor, the supervisor's watcher. */
export async function serverGroup(pid: number): Promise<number[]> {
  const all = await processes();
  const own = all.find((row) => row.pid === pid);
  return all.filter((row) => row.group === own?.group).map((row) => row.pid);
}

/** Whether none of the processes exists. */
export async function allGone(pids: readonly number[]): Promise<boolean> {
  const all = await processes();
  return !all.some((row) => pids.includes(row.pid));
}

/** What an owner reports; see `owner.ts`. */
export interface OwnerEvent {
  readonly event: 'ready' | 'failed' | 'sigint';
  readonly pid: number;
  readonly baseDir: string;
  readonly adminUrl: string;
  readonly code: string;
  readonly message: string;
}

/** A Node.js process of its own that owns a server. */
export class Owner {
  readonly #child: ChildProcess;
  readonly #events: AsyncIterator<string>;

  constructor(options: RestateServerOptions, detached = false) {
    const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    this.#child = spawn(
      process.execPath,
      ['--import', path('from-source.mjs'), path('owner.ts'), JSON.stringify(options)],
      { stdio: ['ignore', 'pipe', 'inherit'], detached },
    );
    if (this.#child.stdout === null) throw new Error('no pipe');
    this.#events = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('The owner was not started');
    return this.#child.pid;
  }

  async next(): Promise<OwnerEvent> {
    const line = await this.#events.next();
    if (line.done === true) throw new Error('The owner ended without a word');
    return JSON.parse(line.value) as OwnerEvent;
  }

  /** Ends the process, which must not have ended yet. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
    return this.#child.exitCode;
  }

  /** For clean-up: whatever the test left. */
  dispose(): void {
    this.#child.kill('SIGKILL');
  }
}
