import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RestateServer } from '@rea/server';
import { vi } from 'vitest';
import { AS_OPERATOR, freePort } from '../orders/order-app.js';

const main = fileURLToPath(new URL('../../../apps/orders/dist/main.js', import.meta.url));
const crash = fileURLToPath(new URL('crash.mjs', import.meta.url));

/** An order as it ended. */
export interface ClosedOrder {
  readonly outcome: string;
  readonly stuck?: readonly string[];
}

/** The order app on a Restate server of its own; its process can be told to die after an entry of an order's journal. */
export class FragileShop {
  /** Processes so far. */
  processes = 0;
  private child: ChildProcess | undefined;
  private log = '';

  private constructor(
    private readonly server: RestateServer,
    private readonly directory: string,
    private readonly ports: { readonly front: number; readonly endpoint: number },
  ) {}

  static async open(): Promise<FragileShop> {
    const env = {
      RESTATE_DEFAULT_RETRY_POLICY__INITIAL_INTERVAL: '50ms',
      RESTATE_DEFAULT_RETRY_POLICY__MAX_INTERVAL: '200ms',
    };
    const server = await RestateServer.start({ env });
    const directory = await mkdtemp(join(tmpdir(), 'rea-fragile-'));
    const shop = new FragileShop(server, directory, { front: await freePort(), endpoint: await freePort() });
    await shop.start();
    return shop;
  }

  async close(): Promise<void> {
    this.child?.kill('SIGKILL');
    if (this.child?.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  /** From now on the process dies after so many entries of an order's journal. */
  async arm(crashAfter: number): Promise<void> {
    this.child!.send({ crashAfter });
    await once(this.child!, 'message');
  }

  /**
   * Places an order and waits for its end, with a new process where the first one dies.
   *
   * @returns the order, and whether a process died
   */
  async order(
    orderId: string,
    sku: string,
    headers: Record<string, string>,
  ): Promise<{ order: ClosedOrder; died: boolean }> {
    const child = this.child!;
    const exit = once(child, 'exit');
    const body = { orderId, customer: 'ada', card: 'tok_visa', lines: [{ sku, quantity: 2 }] };
    const answer = fetch(`${this.front}/orders`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { ...AS_OPERATOR, 'content-type': 'application/json', ...headers },
    }).then(
      () => 'answered',
      () => 'cut',
    );
    const first = await Promise.race([answer, exit.then(() => 'cut')]);
    const died = first === 'cut';
    if (died) {
      await exit;
      await this.start();
    }
    return { order: await this.closed(orderId), died };
  }

  /** The kinds of effects that the payment provider had for an order, in order. */
  async payments(orderId: string): Promise<string[]> {
    const entries = await this.ask<{ kind: string }[]>(`/payments/${orderId}`);
    return entries.map(({ kind }) => kind).filter((kind) => kind !== 'unchanged');
  }

  async stock(sku: string): Promise<{ readonly onHand: number; readonly reserved: number; readonly sold: number }> {
    const { stock } = await this.ask<{ stock: { onHand: number; reserved: number; sold: number } }>(`/catalog/${sku}`);
    return { onHand: stock.onHand, reserved: stock.reserved, sold: stock.sold };
  }

  private get front(): string {
    return `http://127.0.0.1:${this.ports.front}`;
  }

  private async start(): Promise<void> {
    const settings = {
      PORT: String(this.ports.front),
      DATA_DIRECTORY: this.directory,
      ORDER_WAIT_SECONDS: '20',
      LOG_LEVEL: 'error',
      RESTATE_INGRESS_URL: this.server.ingressUrl,
      RESTATE_ADMIN_URL: this.server.adminUrl,
      ENDPOINT_PORT: String(this.ports.endpoint),
      ENDPOINT_URL: `http://127.0.0.1:${this.ports.endpoint}`,
      CI: '',
      NODE_ENV: 'development',
    };
    this.log = '';
    this.processes += 1;
    const child = spawn(process.execPath, ['--import', crash, main], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    await vi.waitFor(
      () => {
        if (!this.log.includes('Ctrl-C stops everything')) throw new Error(`Not up yet:\n${this.log}`);
      },
      { timeout: 60_000, interval: 20 },
    );
  }

  private closed(orderId: string): Promise<ClosedOrder> {
    return vi.waitFor(
      async () => {
        const order = await this.ask<ClosedOrder & { status: string }>(`/orders/${orderId}`);
        if (order.status !== 'closed' && order.status !== 'stuck')
          throw new Error(`The order ${orderId} is ${order.status}.`);
        return order;
      },
      { timeout: 60_000, interval: 20 },
    );
  }

  private async ask<T>(path: string): Promise<T> {
    const response = await fetch(this.front + path, { headers: AS_OPERATOR, signal: AbortSignal.timeout(20_000) });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}
