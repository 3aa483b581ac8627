import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const app = fileURLToPath(new URL('../../apps/dist/lifecycle.js', import.meta.url));

/** The application of these tests in a process of its own. */
export class Child {
  private output = '';

  private constructor(readonly process: ChildProcess) {
    process.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    process.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Starts it; resolves when its front listens. */
  static async start(settings: object): Promise<Child> {
    const child = Child.spawn(settings);
    const [first] = (await Promise.race([once(child.process, 'message'), once(child.process, 'exit')])) as unknown[];
    if (first !== 'ready') throw new Error(`The application ended at once (${String(first)}):\n${child.log}`);
    return child;
  }

  /** Starts it without waiting. */
  static spawn(settings: object): Child {
    const env = { ...process.env, LIFECYCLE: JSON.stringify(settings), CI: '', NODE_ENV: 'development' };
    return new Child(spawn(process.execPath, [app], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }));
  }

  get log(): string {
    return this.output;
  }

  /** The exit code, or the signal's name, once it has ended. */
  async ended(): Promise<number | string> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode ?? this.process.signalCode ?? 'unknown';
  }

  terminate(): void {
    this.process.kill('SIGTERM');
  }

  /** For the end of a test, whatever happened in it. */
  async destroy(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended();
  }
}
