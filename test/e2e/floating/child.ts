import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const app = fileURLToPath(new URL('../../apps/dist/floating.js', import.meta.url));

/** The application of these tests, in a process that ends at the first rejection that nobody handles. */
export class Child {
  /** What Node found rejected and unhandled. */
  readonly unhandled: string[] = [];
  log = '';

  private constructor(readonly process: ChildProcess) {
    const read = (chunk: Buffer) => (this.log += chunk.toString());
    process.stdout?.on('data', read);
    process.stderr?.on('data', read);
    process.on('message', (message) => {
      if (typeof message === 'object' && 'unhandled' in message) this.unhandled.push(String(message.unhandled));
    });
  }

  /**
   * Starts it; resolves once its components are served.
   *
   * @param options of `ReaModule`
   * @param mode what Node does about rejections that nobody handles
   */
  static async start(options: object, mode: 'strict' | 'throw' = 'strict'): Promise<Child> {
    const env = { ...process.env, FLOATING: JSON.stringify(options), CI: '', NODE_ENV: 'development' };
    const child = new Child(
      spawn(process.execPath, [`--unhandled-rejections=${mode}`, app], {
        env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
    );
    const [first] = (await Promise.race([once(child.process, 'message'), once(child.process, 'exit')])) as unknown[];
    if (first !== 'ready') throw new Error(`The application ended at once (${String(first)}):\n${child.log}`);
    return child;
  }

  get hasExited(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async destroy(): Promise<void> {
    if (this.hasExited) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}
