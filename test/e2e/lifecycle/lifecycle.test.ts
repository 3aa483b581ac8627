import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RestateServer } from '@rea/server';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { seen } from '../../support/seen.js';
import { Child } from './child.js';
import { SwitchingProxy } from './switching-proxy.js';

let server: RestateServer;
let directory: string;
let effects: string;
const children: Child[] = [];
const cleanUps: (() => void)[] = [];

beforeAll(async () => {
  server = await RestateServer.start();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rea-lifecycle-'));
  effects = join(directory, 'effects');
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.destroy();
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
  await rm(directory, { recursive: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

let count = 0;

async function settings(
  name: string,
  endpoint: object = {},
): Promise<{ rea: object; frontPort: number; endpointPort: number }> {
  const [frontPort, endpointPort] = [await freePort(), await freePort()];
  count += 1;
  const rea = {
    namespace: `lifecycle${count}`,
    server: { ingressUrl: server.ingressUrl, adminUrl: server.adminUrl },
    endpoint: { port: endpointPort, host: '127.0.0.1', shutdownGrace: 200, ...endpoint },
  };
  return { rea, frontPort, endpointPort, effects, process: name } as never;
}

async function start(given: object): Promise<Child> {
  const child = await Child.start(given);
  children.push(child);
  return child;
}

async function lines(): Promise<string[]> {
  const text = await readFile(effects, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

async function send(namespace: string, id: string): Promise<string> {
  const response = await fetch(`${server.ingressUrl}/${namespace}.Work/steps/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify(id),
  });
  return ((await response.json()) as { invocationId: string }).invocationId;
}

/** Two processes behind one URL; the first one serves until it hands over. */
async function twoProcesses(): Promise<{ namespace: string; a: Child; b: Child; handOver: () => Promise<void> }> {
  const proxy = await SwitchingProxy.start();
  cleanUps.push(() => proxy.close());
  const advertisedUrl = `http://127.0.0.1:${proxy.port}`;
  const first = await settings('first', { advertisedUrl });
  const { namespace } = first.rea as { namespace: string };
  const second = await settings('second', { advertisedUrl });
  (second.rea as { namespace: string }).namespace = namespace;
  proxy.target = first.endpointPort;
  const a = await start(first);
  const b = await start(second);
  const handOver = async () => {
    proxy.target = second.endpointPort;
    a.terminate();
    expect(await a.ended()).toBe('SIGTERM');
  };
  return { namespace, a, b, handOver };
}

/** The lines of all effects, of which there must be one for each step of each order. */
async function eachStepOnce(ids: string[]): Promise<string[][]> {
  const written = (await lines()).map((line) => line.split(' '));
  const steps = ids.flatMap((id) => [1, 2, 3].map((step) => `${id} ${step}`));
  expect(written.map(([id, step]) => `${id} ${step}`).toSorted()).toEqual(steps.toSorted());
  return written;
}

/** What the server noted of attempts that it had to try again. */
async function failedAttempts(namespace: string): Promise<string[]> {
  const rows = await server.query<{ event_json: string }>(
    `select e.event_json from sys_journal_events e join sys_invocation i on i.id = e.id
     where e.event_type = 'TransientError' and i.target_service_name = '${namespace}.Work'`,
  );
  return rows.map((row) => row.event_json);
}

test('SIGTERM under load: each effect once, the next step on the next process, no failed attempt', async () => {
  const { namespace, a, b, handOver } = await twoProcesses();
  const ids = Array.from({ length: 40 }, (_, index) => `order-${index}`);
  const invocations = await Promise.all(ids.map((id) => send(namespace, id)));
  // A start that is on its way would be refused, which is an attempt that failed.
  const firstSteps = async () => (await lines()).filter((line) => line.split(' ')[1] === '1');
  await expect.poll(firstSteps, { timeout: 20_000, interval: 5 }).toHaveLength(ids.length);
  await handOver();

  const results = await Promise.all(
    invocations.map((id) =>
      fetch(`${server.ingressUrl}/restate/invocation/${id}/attach`).then((answer) => answer.json()),
    ),
  );
  expect(results).toEqual(ids);
  const written = await eachStepOnce(ids);
  expect(new Set(written.map(([, , , key]) => key)).size).toBe(written.length);
  expect(await failedAttempts(namespace)).toEqual([]);
  const on = (name: string) => written.filter(([, , process]) => process === name).length;
  expect(on('first')).toBeGreaterThan(0);
  expect(on('second')).toBeGreaterThan(0);
  seen(
    `${ids.length} invocations, ${written.length} effects: ${on('first')} on the first process, ${on('second')} on the second, none repeated, no attempt failed`,
  );
  expect(a.log).toBe('');
  expect(b.log).toBe('');
});

test('SIGTERM while invocations keep arriving: each effect once; what was on its way is refused before it begins', async () => {
  const { namespace, handOver } = await twoProcesses();
  const ids: string[] = [];
  const invocations: string[] = [];
  const enough = new AbortController();
  const arrivals = (async () => {
    while (!enough.signal.aborted) {
      ids.push(`order-${ids.length}`);
      invocations.push(await send(namespace, `order-${ids.length - 1}`));
    }
  })();
  try {
    await expect.poll(async () => (await lines()).length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(60);
    await handOver();
  } finally {
    enough.abort();
    await arrivals;
  }

  await Promise.all(invocations.map((id) => fetch(`${server.ingressUrl}/restate/invocation/${id}/attach`)));
  const written = await eachStepOnce(ids);
  const failed = await failedAttempts(namespace);
  expect(
    failed.filter((message) => !message.includes('refused stream before processing any application logic')),
  ).toEqual([]);
  seen(
    `${ids.length} invocations, ${written.length} effects, none repeated; ${failed.length} attempts refused unstarted`,
  );
});

test('a request that waits for a handler of the same application does not keep the shutdown from ending', async () => {
  const given = await settings('only');
  const child = await start(given);
  const waiting = fetch(`http://127.0.0.1:${given.frontPort}/forever`);
  await expect
    .poll(() => server.query(`select id from sys_invocation where target_handler_name = 'forever'`), {
      timeout: 10_000,
    })
    .toHaveLength(1);
  const began = performance.now();
  child.terminate();
  const response = await waiting;
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: 'REA4003' });
  expect(await child.ended()).toBe('SIGTERM');
  seen(`the request got 503 REA4003; the process ended ${Math.round(performance.now() - began)} ms after SIGTERM`);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('a second SIGTERM ends the process at once', async () => {
  const given = await settings('stubborn');
  const child = await start(given);
  const { namespace } = given.rea as { namespace: string };
  await fetch(`${server.ingressUrl}/${namespace}.Work/stubborn/send`, { method: 'POST' });
  await expect.poll(lines, { timeout: 10_000 }).toEqual(['stubborn began']);
  child.terminate();
  // The first one has been heard when the endpoint refuses connections.
  await expect.poll(() => canConnect(given.endpointPort), { timeout: 5_000, interval: 10 }).toBe(false);
  const began = performance.now();
  child.terminate();
  expect(await child.ended()).toBe(143);
  seen(`exit code 143 after ${Math.round(performance.now() - began)} ms, while an effect was running`);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('the front port is taken: a clean exit, and nothing stays registered or running', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  cleanUps.push(() => blocker.close());
  const given = await settings('blocked');
  const child = Child.spawn({ ...given, frontPort: (blocker.address() as AddressInfo).port });
  children.push(child);
  expect(await child.ended()).toBe(1);
  expect(child.log).toContain('EADDRINUSE');
  const { namespace } = given.rea as { namespace: string };
  expect(await server.query(`select name from sys_service where name like '${namespace}.%'`)).toEqual([]);
  expect(await canConnect(given.endpointPort)).toBe(false);
  seen('exit code 1, EADDRINUSE; no service registered, endpoint port closed');
});

test('the front port is taken, with an embedded server: it is gone with the process', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  cleanUps.push(() => blocker.close());
  const [ingressPort, adminPort] = [await freePort(), await freePort()];
  const rea = { server: { embedded: true, dataDirectory: join(directory, 'data'), ingressPort, adminPort } };
  const child = Child.spawn({ rea, frontPort: (blocker.address() as AddressInfo).port, effects, process: 'embedded' });
  children.push(child);
  expect(await child.ended()).toBe(1);
  await expect.poll(() => canConnect(adminPort), { timeout: 5_000 }).toBe(false);
  expect(await canConnect(ingressPort)).toBe(false);
  seen('exit code 1; ingress and admin ports of the embedded server closed');
});

test(
  'SIGTERM while the start waits for the Restate server ends the process',
  { meta: { claim: 'start-stop' } },
  async () => {
    const port = await freePort();
    const given = await settings('waiting');
    const nowhere = { ingressUrl: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${port}` };
    const child = Child.spawn({ ...given, rea: { ...given.rea, server: nowhere } });
    children.push(child);
    await expect.poll(() => child.log).toContain('Waiting for the Restate server');
    const began = performance.now();
    child.terminate();
    expect(await child.ended()).not.toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(child.log).toContain('REA6051');
    expect(await canConnect(given.endpointPort)).toBe(false);
    seen('ended at once, REA6051; endpoint port closed');
  },
);

test(
  'a refused registration ends the process, and an embedded server with it',
  { meta: { claim: 'start-stop' } },
  async () => {
    const [ingressPort, adminPort] = [await freePort(), await freePort()];
    const rea = {
      server: { embedded: true, dataDirectory: join(directory, 'data'), ingressPort, adminPort },
      endpoint: { advertisedUrl: `http://127.0.0.1:${await freePort()}` },
      registration: { timeout: 200 },
    };
    const child = Child.spawn({ rea, frontPort: await freePort(), effects, process: 'refused' });
    children.push(child);
    expect(await child.ended()).toBe(1);
    expect(child.log).toContain('REA6005');
    await expect.poll(() => canConnect(adminPort), { timeout: 5_000 }).toBe(false);
    seen('exit code 1, REA6005; the embedded server is gone');
  },
);

async function canConnect(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
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
