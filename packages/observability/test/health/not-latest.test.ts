import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Logger, type Type } from '@nestjs/common';
import { Handler, ReaRuntime, type RegistrationOptions, Service } from '@rea/core';
import { AdminClient } from '@rea/core/internal';
import { ObservabilityModule, ReaHealth } from '@rea/observability';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';

const lines: { readonly level: string; readonly text: string }[] = [];
for (const level of ['log', 'warn', 'error'] as const) {
  vi.spyOn(Logger.prototype, level).mockImplementation(
    (text: unknown) => void lines.push({ level, text: String(text) }),
  );
}
const logged = (code: string) => lines.filter(({ text }) => text.includes(code));

function component(name: string, version: string): Type {
  @Service({ name })
  class Component {
    @Handler()
    async version(_ctx: Context): Promise<string> {
      return version;
    }
  }
  return Component;
}

let server: RestateServer;
beforeAll(async () => void (server = await RestateServer.start()));
afterAll(async () => {
  await server.stop();
  vi.restoreAllMocks();
});

let count = 0;
let namespace = '';
const open: ReaTestApp[] = [];
beforeEach(() => {
  count += 1;
  namespace = `latest${count}`;
  lines.length = 0;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const app of open.splice(0)) await app.close();
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => void probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => void probe.close(resolve));
  return port;
}

interface Version {
  readonly version: string;
  readonly port: number;
  readonly components?: readonly string[];
  readonly registration?: RegistrationOptions;
}

async function start({ version, port, components = ['Orders'], registration }: Version): Promise<ReaTestApp> {
  const { ingressUrl, adminUrl } = server;
  const app = await createTestApp({
    server: { ingressUrl, adminUrl },
    rea: {
      namespace,
      name: 'shop',
      endpoint: { port, security: { mode: 'permissive' } },
      registration: { watch: false, ...registration },
    },
    imports: [ObservabilityModule.forRoot({ health: true, watch: false })],
    providers: components.map((name) => component(name, version)),
  });
  open.push(app);
  return app;
}

async function stop(app: ReaTestApp): Promise<void> {
  open.splice(open.indexOf(app), 1);
  await app.close();
}

async function versionOf(name = 'Orders'): Promise<unknown> {
  return (await fetch(`${server.ingressUrl}/${namespace}.${name}/version`, { method: 'POST' })).json();
}

const newerOf = (app: ReaTestApp) => app.get(ReaRuntime).registrationState.newer;
const healthOf = async (app: ReaTestApp) => (await app.get(ReaHealth).registration()).registration;

test('a process asks rarely whether a newer deployment answers', { meta: { claim: 'not-latest' } }, async () => {
  const app = await start({ version: 'v1', port: await freePort(), registration: { watch: { interval: 20 } } });
  const next = await start({ version: 'v2', port: await freePort() });
  await eventually(() => expect(newerOf(app)).toMatchObject([{ answers: true }]));
  const [looks, asked] = [vi.spyOn(AdminClient.prototype, 'deployments'), vi.spyOn(AdminClient.prototype, 'register')];
  await stop(next);
  await eventually(() => expect(newerOf(app)).toMatchObject([{ answers: false }]));
  await eventually(() => expect(looks.mock.calls.length).toBeGreaterThan(60));
  const [lookCount, askedCount] = [looks.mock.calls.length, asked.mock.calls.length];
  looks.mockRestore();
  asked.mockRestore();
  expect(askedCount).toBeGreaterThan(1);
  expect(askedCount).toBeLessThanOrEqual(1 + lookCount / 20);
  expect(logged('REA6032')).toMatchObject([{ level: 'log' }, { level: 'warn' }]);
});

/** Production registers a known URL only unchanged; development would too, since nothing has changed. */
describe.each(['production', 'development'])('an older version, in %s', { meta: { claim: 'not-latest' } }, (env) => {
  beforeEach(() => void vi.stubEnv('NODE_ENV', env));

  test('that starts again beside a newer one warns, and names it', async () => {
    const [old, next] = [await freePort(), await freePort()];
    await stop(await start({ version: 'v1', port: old }));
    await start({ version: 'v2', port: next });
    const app = await start({ version: 'v1', port: old });
    expect(logged('REA6032')).toMatchObject([{ level: 'warn', text: expect.stringMatching(/, which answers\./) }]);
    expect(logged('REA6032')[0]!.text).toContain(`http://127.0.0.1:${next}/`);
    expect(newerOf(app)).toMatchObject([
      { address: `http://127.0.0.1:${next}/`, components: [`${namespace}.Orders`], answers: true },
    ]);
    expect(await healthOf(app)).toMatchObject({
      status: 'up',
      message: `New calls go to a newer deployment, http://127.0.0.1:${next}/.`,
      newer: [{ answers: true }],
    });
    expect(await versionOf()).toBe('v2');
  });

  test('that starts again after the newer one has stopped warns that it does not answer', async () => {
    const [old, next] = [await freePort(), await freePort()];
    await stop(await start({ version: 'v1', port: old }));
    await stop(await start({ version: 'v2', port: next }));
    const app = await start({ version: 'v1', port: old });
    expect(logged('REA6032')).toMatchObject([
      { level: 'warn', text: expect.stringMatching(new RegExp(`127.0.0.1:${next}/ .*cannot reach`)) },
    ]);
    expect(newerOf(app)).toMatchObject([{ answers: false }]);
    expect(await healthOf(app)).toMatchObject({
      status: 'degraded',
      message: expect.stringContaining(`http://127.0.0.1:${next}/, which the Restate server cannot reach`),
    });
  });

  test('whose newer one has some of its components names those', async () => {
    const [old, next] = [await freePort(), await freePort()];
    const components = ['Orders', 'Stock', 'Mail'];
    await stop(await start({ version: 'v1', port: old, components }));
    await start({ version: 'v2', port: next, components: ['Orders', 'Mail', 'New'] });
    const app = await start({ version: 'v1', port: old, components });
    expect(
      newerOf(app)
        .flatMap((each) => each.components)
        .toSorted(),
    ).toEqual([`${namespace}.Mail`, `${namespace}.Orders`]);
    expect([await versionOf('Orders'), await versionOf('Stock')]).toEqual(['v2', 'v1']);
  });

  test('that starts at a URL of its own is the latest, and says nothing', async () => {
    await stop(await start({ version: 'v1', port: await freePort() }));
    await stop(await start({ version: 'v2', port: await freePort() }));
    const app = await start({ version: 'v1', port: await freePort() });
    expect(logged('REA6032')).toEqual([]);
    expect(newerOf(app)).toEqual([]);
    expect(await healthOf(app)).toEqual({ status: 'up' });
    expect(await versionOf()).toBe('v1');
  });

  test('whose body has changed since is not told apart at a known URL, as the documents say', async () => {
    const port = await freePort();
    await stop(await start({ version: 'v1', port }));
    await start({ version: 'v1 with another body', port });
    expect(await versionOf()).toBe('v1 with another body');
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('that is the latest and starts again says nothing', async () => {
    const port = await freePort();
    await stop(await start({ version: 'v1', port: await freePort() }));
    await stop(await start({ version: 'v2', port }));
    const app = await start({ version: 'v2', port });
    expect(logged('REA6032')).toEqual([]);
    expect(newerOf(app)).toEqual([]);
  });
});

describe('a version that becomes outdated', { meta: { claim: 'not-latest' } }, () => {
  const registration = { watch: { interval: 50 } } as const;

  test('while it runs logs so without a warning, and warns once the newer one is gone', async () => {
    const app = await start({ version: 'v1', port: await freePort(), registration });
    const next = await start({ version: 'v2', port: await freePort(), registration });
    await eventually(() => expect(newerOf(app)).toMatchObject([{ answers: true }]));
    expect(logged('REA6032')).toMatchObject([{ level: 'log' }]);
    expect(newerOf(next)).toEqual([]);
    await stop(next);
    await eventually(() => expect(newerOf(app)).toMatchObject([{ answers: false }]));
    expect(logged('REA6032').map(({ level }) => level)).toEqual(['log', 'warn']);
    expect(await healthOf(app)).toMatchObject({ status: 'degraded' });
  });

  test('and the latest again, once the newer deployment is removed, says so', async () => {
    const app = await start({ version: 'v1', port: await freePort(), registration });
    const next = await start({ version: 'v2', port: await freePort() });
    await eventually(() => expect(newerOf(app)).toHaveLength(1));
    const { deploymentId } = next.get(ReaRuntime).registrationState;
    await stop(next);
    await fetch(`${server.adminUrl}/deployments/${deploymentId}?force=true`, { method: 'DELETE' });
    await eventually(() => expect(newerOf(app)).toEqual([]));
    expect(logged('is the latest deployment of its components again')).toHaveLength(1);
    expect(await versionOf()).toBe('v1');
    expect(await healthOf(app)).toEqual({ status: 'up' });
  });
});
