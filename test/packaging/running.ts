import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';

export interface RunningOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What runs now. A test run that is broken off takes it along. */
const live = new Set<Running>();
process.once('exit', () => {
  for (const running of live) running.signal('SIGKILL');
});

/** A command with its process group, and all that it has said so far. */
export class Running {
  private readonly child: ChildProcess;
  private readonly output: Buffer[] = [];
  private readonly heard = new Set<() => void>();
  private readonly closed: Promise<number | undefined>;
  private ended = false;

  constructor(
    readonly command: string,
    options: RunningOptions,
  ) {
    // Detached: a process group of its own, so that a signal reaches what the command has started, and nothing else.
    this.child = spawn(command, { ...options, shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    live.add(this);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output.push(chunk);
        this.tell();
      });
    }
    this.closed = once(this.child, 'close').then(([code]: unknown[]) => {
      this.ended = true;
      live.delete(this);
      this.tell();
      return typeof code === 'number' ? code : undefined;
    });
  }

  get lines(): string[] {
    return stripVTControlCharacters(Buffer.concat(this.output).toString()).split(/\r?\n|\r/);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** The exit code, once the command has ended and all of its output is here; undefined when a signal ended it. */
  exit(): Promise<number | undefined> {
    return this.closed;
  }

  /** The index of the first line from `start` on that passes; waits for it while the command runs, up to a minute. */
  async line(what: string, passes: (line: string) => boolean, start = 0): Promise<number> {
    const late = AbortSignal.timeout(60_000);
    for (;;) {
      const index = this.lines.findIndex((line, at) => at >= start && passes(line));
      if (index >= 0) return index;
      if (this.ended || late.aborted) throw new Error(`"${this.command}" did not say "${what}", but:\n${this.text}`);
      await this.more(late);
    }
  }

  /** To the whole process group, as a terminal does it. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined || this.ended) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is gone.
    }
  }

  /** Ends it in order, and by force after 20 s. */
  async stop(): Promise<void> {
    const late = AbortSignal.timeout(20_000);
    late.addEventListener('abort', () => this.signal('SIGKILL'));
    this.signal('SIGINT');
    await this.closed;
  }

  /** Resolves on the next output, at the end, or when the signal aborts. */
  private async more(late: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.heard.add(resolve);
    late.addEventListener('abort', () => resolve(), { once: true });
    await promise;
  }

  private tell(): void {
    for (const resolve of this.heard) resolve();
    this.heard.clear();
  }
}
