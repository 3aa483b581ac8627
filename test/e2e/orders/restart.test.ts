import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort, isAlive, listens, type Order, OrderApp } from './order-app.js';

const sh = promisify(execFile);

/** Runs a line as somebody who copies it into a shell. */
async function copied(line: string): Promise<unknown> {
  const { stdout } = await sh('bash', ['-c', line]);
  return JSON.parse(stdout);
}

function nap(orderId: string): object {
  const lines = [{ sku: 'mug-enamel-blue', quantity: 1 }];
  return { orderId, customer: 'ada', card: 'tok_visa', packSeconds: 8, lines };
}

/** Places an order that sleeps, and makes sure that it does. */
async function fallAsleep(app: OrderApp, orderId: string): Promise<void> {
  await app.ask('/orders', nap(orderId));
  await expect
    .poll(async () => (await app.ask<Order>(`/orders/${orderId}`)).status, { timeout: 20_000 })
    .toBe('packing');
}

async function listed(app: OrderApp): Promise<string[]> {
  const { orders } = await app.ask<{ orders: Order[] }>('/orders?limit=100');
  return orders.map(({ orderId }) => orderId);
}

describe('The order app', () => {
  let directory: string;
  let port: number;
  let app: OrderApp;
  const apps: OrderApp[] = [];
  const start = async () => {
    app = await OrderApp.start(port, directory);
    apps.push(app);
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'orders-restart-'));
    port = await freePort();
    await start();
  });
  afterAll(async () => {
    for (const each of apps) await each.destroy();
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  });

  test('prints lines to copy, and the first places an order that completes', async () => {
    expect(app.curlLines.length).toBeGreaterThanOrEqual(3);
    const { orderId } = (await copied(app.curlLines[0]!)) as Order;
    expect(await app.closed(orderId)).toMatchObject({ orderId, status: 'closed', outcome: 'completed' });
    expect(await listed(app)).toEqual([orderId]);
    const others = app.curlLines.slice(1);
    const answers: unknown[] = [];
    for (const line of others) answers.push(await copied(line));
    expect(answers.filter((answer) => 'statusCode' in (answer as object))).toEqual([]);
    const confirmed = `${/"orderId":"(nap-\w+)"/.exec(others[0]!)![1]}-confirm`;
    expect(await app.closed(confirmed)).toMatchObject({ outcome: 'completed' });
  });

  test('stops at Ctrl-C with exit code 0 and leaves no process, and started again finishes a sleeping order', async () => {
    const before = await listed(app);
    await fallAsleep(app, 'nap-ctrl-c');
    const [processes, ports] = [await app.processes(), app.serverPorts];
    expect(processes.length).toBeGreaterThanOrEqual(2);
    expect(await Promise.all(ports.map(listens))).toEqual([true, true]);
    app.process.kill('SIGINT');
    expect(await app.ended()).toBe(0);
    await expect.poll(() => processes.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    expect(await Promise.all([...ports, port].map(listens))).toEqual([false, false, false]);

    await start();
    expect(await app.closed('nap-ctrl-c')).toMatchObject({ outcome: 'completed' });
    expect(await listed(app)).toEqual(['nap-ctrl-c', ...before]);
  });

  test('killed, leaves no process, and started again finishes a sleeping order', async () => {
    const before = await listed(app);
    await fallAsleep(app, 'nap-killed');
    const processes = await app.processes();
    app.process.kill('SIGKILL');
    expect(await app.ended()).toBe('SIGKILL');
    await expect.poll(() => processes.filter(isAlive), { timeout: 20_000 }).toEqual([]);

    await start();
    expect(await app.closed('nap-killed')).toMatchObject({ outcome: 'completed' });
    expect(await listed(app)).toEqual(['nap-killed', ...before]);
  });

  test('killed and started again at once, finishes a sleeping order', async () => {
    await fallAsleep(app, 'nap-at-once');
    app.process.kill('SIGKILL');
    await app.ended();
    await start();
    expect(await app.closed('nap-at-once')).toMatchObject({ outcome: 'completed' });
  });

  test('takes the money of each order once, whatever happened to the process', async () => {
    for (const orderId of ['nap-ctrl-c', 'nap-killed', 'nap-at-once']) {
      const entries = await app.ask<{ kind: string }[]>(`/payments/${orderId}`);
      expect(entries.map(({ kind }) => kind)).toEqual(['authorised', 'captured']);
    }
  });
});

describe('A port that is taken', () => {
  let directory: string;
  let app: OrderApp | undefined;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'orders-port-'));
  });
  afterEach(() => app?.destroy());
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('ends the start at once with exit code 1 and a message that names it', async () => {
    const port = await freePort();
    const blocker = createServer().listen(port);
    await once(blocker, 'listening');
    try {
      app = OrderApp.spawn(port, directory);
      expect(await app.ended()).toBe(1);
      expect(app.log).toContain(`Port ${port} is taken`);
      expect(app.log).toContain(`PORT=${port + 1}`);
      expect(app.log).not.toMatch(/\n\s+at /);
    } finally {
      blocker.close();
    }
  });
});
