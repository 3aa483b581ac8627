import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { vi } from 'vitest';

const main = fileURLToPath(new URL('../../../apps/orders/dist/main.js', import.meta.url));

/** As an operator, who may see everything. */
export const AS_OPERATOR = { authorization: 'Bearer olga-development-key' };

/** An order as the shop front answers it. */
export interface Order {
  readonly orderId: string;
  readonly status?: string;
  readonly outcome?: string;
  readonly packedAt?: string;
}

/** The built order app in a process of its own, as `npm start` runs it. */
export class OrderApp {
  private output = '';

  private constructor(
    readonly process: ChildProcess,
    private readonly front: string,
  ) {
    process.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    process.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Starts it without waiting. */
  static spawn(port: number, dataDirectory: string, more: Readonly<Record<string, string>> = {}): OrderApp {
    const settings = { PORT: String(port), DATA_DIRECTORY: dataDirectory, ORDER_WAIT_SECONDS: '1', ...more };
    const env = { ...process.env, ...settings, CI: '', NODE_ENV: 'development' };
    const child = spawn(process.execPath, ['--enable-source-maps', main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new OrderApp(child, `http://127.0.0.1:${port}`);
  }

  /** Starts it; resolves when it has printed what to copy. */
  static async start(
    port: number,
    dataDirectory: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<OrderApp> {
    const app = OrderApp.spawn(port, dataDirectory, more);
    await vi.waitFor(
      () => {
        if (!/Ctrl-C stops everything|did not start/.test(app.output)) throw new Error(`Not up yet:\n${app.output}`);
      },
      { timeout: 60_000, interval: 100 },
    );
    if (app.output.includes('did not start')) throw new Error(app.output);
    return app;
  }

  /** Everything it has printed. */
  get log(): string {
    return this.output;
  }

  /** The lines that it prints to be copied. */
  get curlLines(): string[] {
    return this.output.split('\n').filter((line) => line.startsWith('curl '));
  }

  /** The ports of its Restate server, as it prints them. */
  get serverPorts(): number[] {
    return ['Restate UI', 'Ingress'].map((name) =>
      Number(new RegExp(`${name}\\s+http://[^:]+:(\\d+)`).exec(this.log)?.[1]),
    );
  }

  /** Its processes: itself and whatever it has started. */
  async processes(): Promise<number[]> {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
    const rows = stdout
      .trim()
      .split('\n')
      .map((row) => row.trim().split(/\s+/).map(Number));
    const pids = [this.process.pid!];
    for (const pid of pids) pids.push(...rows.filter(([, parent]) => parent === pid).map(([child]) => child!));
    return pids;
  }

  /** Sends a request to the shop front. Gives its JSON. */
  async ask<T>(path: string, body?: object): Promise<T> {
    return JSON.parse(await this.askText(path, body)) as T;
  }

  /** As {@link ask}, for an answer of any kind. */
  async askText(path: string, body?: object): Promise<string> {
    const response = await fetch(this.front + path, {
      headers: { ...AS_OPERATOR, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return response.text();
  }

  /** Waits until an order is closed. */
  async closed(orderId: string): Promise<Order> {
    return vi.waitFor(
      async () => {
        const order = await this.ask<Order>(`/orders/${orderId}`);
        if (order.status !== 'closed') throw new Error(`The order ${orderId} is ${order.status}.`);
        return order;
      },
      { timeout: 30_000, interval: 100 },
    );
  }

  /** The exit code, or the signal's name, once it has ended. */
  async ended(): Promise<number | string | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode ?? this.process.signalCode;
  }

  /** For the end of a test, whatever happened in it. */
  async destroy(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended();
  }
}

/** A port that nobody has. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Whether somebody listens on a port. */
export async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
