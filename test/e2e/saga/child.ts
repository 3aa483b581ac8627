import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const app = fileURLToPath(new URL('../../apps/dist/saga.js', import.meta.url));

/** What the application tells, as it is written in `test/apps/src/saga.ts`. */
interface Message {
  readonly kind: 'ready' | 'frozen' | 'waiting' | 'asleep' | 'ended';
  readonly order?: string;
  readonly entries?: number;
}

/** The application with the order saga, in a process of its own. */
export class SagaProcess {
  private output = '';
  private readonly told = new Map<string, Message>();
  private readonly listeners = new Set<() => void>();

  private constructor(
    private readonly process: ChildProcess,
    private readonly onWaiting: (order: string) => void,
  ) {
    process.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    process.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    process.on('message', (message: Message) => this.hear(message));
    process.on('exit', () => this.wake());
  }

  /** @param onWaiting called when an order waits to be cancelled */
  static async start(settings: object, onWaiting: (order: string) => void): Promise<SagaProcess> {
    const env = { ...process.env, SAGA: JSON.stringify(settings), CI: '', NODE_ENV: 'development' };
    const spawned = spawn(process.execPath, [app], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const child = new SagaProcess(spawned, onWaiting);
    await child.until(() => child.told.has('ready '));
    return child;
  }

  get log(): string {
    return this.output;
  }

  /** Waits until an order has ended or is stopped; gives how many journal entries it had when it ended. */
  async settled(order: string): Promise<number | 'frozen'> {
    await this.until(() => this.told.has(`ended ${order}`) || this.told.has(`frozen ${order}`));
    return this.told.get(`ended ${order}`)?.entries ?? 'frozen';
  }

  /** Waits until an order waits for something that does not come. */
  async waiting(order: string): Promise<void> {
    await this.until(() => this.told.has(`asleep ${order}`));
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  private hear(message: Message): void {
    this.told.set(`${message.kind} ${message.order ?? ''}`, message);
    if (message.kind === 'waiting') this.onWaiting(message.order!);
    this.wake();
  }

  private wake(): void {
    for (const listener of this.listeners) listener();
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.process.exitCode !== null || this.process.signalCode !== null)
        throw new Error(`The application has ended:\n${this.output}`);
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.listeners.delete(listener);
          resolve();
        };
        this.listeners.add(listener);
      });
    }
  }
}
