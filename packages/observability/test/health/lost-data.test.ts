import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger, type Type } from '@nestjs/common';
import { Handler, ReaRuntime, type ReaModuleOptions, Service, VirtualObject, Workflow, WorkflowRun } from '@rea/core';
import { AdminClient } from '@rea/core/internal';
import { ObservabilityModule, ReaHealth } from '@rea/observability';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';

const lines: { readonly level: string; readonly text: string }[] = [];
for (const level of ['log', 'warn', 'error', 'debug'] as const) {
  vi.spyOn(Logger.prototype, level).mockImplementation(
    (text: unknown) => void lines.push({ level, text: String(text) }),
  );
}
const logged = (code: string) => lines.filter(({ text }) => text.includes(code));

function greeter(version: string): Type {
  @Service({ name: 'Greeter' })
  class Greeter {
    @Handler()
    async greet(_ctx: Context): Promise<string> {
      return version;
    }
  }
  return Greeter;
}

@VirtualObject()
class Counter {
  @Handler()
  async add(ctx: ObjectContext): Promise<number> {
    const count = ((await ctx.get<number>('count')) ?? 0) + 1;
    ctx.set('count', count);
    return count;
  }
}

@Workflow({ retention: 'standard' })
class Flow {
  @WorkflowRun()
  async run(_ctx: WorkflowContext): Promise<string> {
    return 'done';
  }
}

/** A server that can be restarted on its ports, with its data or without. */
class Engine {
  private constructor(
    private server: RestateServer,
    private readonly directories: string[],
  ) {}

  static async start(): Promise<Engine> {
    const baseDir = mkdtempSync(join(tmpdir(), 'rea-lost-'));
    return new Engine(await RestateServer.start({ baseDir }), [baseDir]);
  }

  get address() {
    const { ingressUrl, adminUrl } = this.server;
    return { ingressUrl, adminUrl };
  }

  async whileStopped(then: 'with its data' | 'empty', act: () => Promise<void> = async () => {}): Promise<void> {
    const port = (url: string) => Number(new URL(url).port);
    const { ingressUrl, adminUrl } = this.server;
    await this.server.stop();
    await act();
    if (then === 'empty') this.directories.push(mkdtempSync(join(tmpdir(), 'rea-lost-')));
    this.server = await RestateServer.start({
      baseDir: this.directories.at(-1)!,
      ingressPort: port(ingressUrl),
      adminPort: port(adminUrl),
    });
  }

  async deployments(): Promise<{ readonly id: string; readonly uri: string }[]> {
    const answer = await fetch(`${this.server.adminUrl}/deployments`);
    return ((await answer.json()) as { deployments: { id: string; uri: string }[] }).deployments;
  }

  async remove(id: string): Promise<void> {
    await fetch(`${this.server.adminUrl}/deployments/${id}?force=true`, { method: 'DELETE' });
  }

  async greet(): Promise<[number, unknown]> {
    const answer = await fetch(`${this.server.ingressUrl}/lost.Greeter/greet`, { method: 'POST' });
    return [answer.status, await answer.json()];
  }

  async stop(): Promise<void> {
    await this.server.stop();
    for (const directory of this.directories) rmSync(directory, { recursive: true, force: true });
  }
}

let engine: Engine;
const open: ReaTestApp[] = [];
beforeEach(async () => {
  lines.length = 0;
  engine = await Engine.start();
});
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
  await engine.stop();
});
afterAll(() => vi.restoreAllMocks());

type Watch = NonNullable<Exclude<ReaModuleOptions['registration'], false>>['watch'];

async function start(
  version = 'v1',
  watch: Watch = { interval: 100 },
  rea: Pick<ReaModuleOptions, 'endpoint'> = {},
): Promise<ReaTestApp> {
  const app = await createTestApp({
    server: engine.address,
    rea: { namespace: 'lost', name: 'lost', registration: { watch }, ...rea },
    imports: [ObservabilityModule.forRoot({ health: true, watch: false })],
    providers: [greeter(version), Counter, Flow],
  });
  open.push(app);
  return app;
}

const stateOf = (app: ReaTestApp) => app.get(ReaRuntime).registrationState;
const healthOf = async (app: ReaTestApp) => (await app.get(ReaHealth).registration()).registration;

describe('after its server has lost its data', { meta: { claim: 'lost-data' } }, () => {
  test('an application says so, registers again, and has its calls', async () => {
    const app = await start();
    const before = stateOf(app).deploymentId;
    await engine.whileStopped('empty');
    await eventually(async () => expect(await engine.greet()).toEqual([200, 'v1']));
    expect(await app.ingress.object(Counter).of('a').call.add(undefined, { idempotencyKey: 'a' })).toBe(1);
    const submitted = await app.ingress.workflow(Flow).of('w').submit();
    expect(await submitted.attach()).toBe('done');
    await eventually(() => expect(stateOf(app)).toMatchObject({ status: 'registered', newer: [] }));
    expect(stateOf(app).deploymentId).not.toBe(before);
    expect(logged('REA6031')).toMatchObject([
      { level: 'error', text: expect.stringContaining(engine.address.adminUrl) },
    ]);
    expect(await healthOf(app)).toMatchObject({ status: 'up' });
  });

  test('the registration’s health is down meanwhile', async () => {
    const app = await start('v1', { interval: 100, registerAgain: false });
    const url = stateOf(app);
    await engine.whileStopped('empty');
    await eventually(() => expect(stateOf(app)).toMatchObject({ status: 'lost' }));
    expect(await healthOf(app)).toMatchObject({ status: 'down', message: expect.stringContaining('does not know') });
    expect(await engine.deployments()).toEqual([]);
    expect(logged('REA6031')).toHaveLength(1);
    await app.register(app.get(ReaRuntime).endpointUrl!);
    await eventually(() => expect(stateOf(app)).toMatchObject({ status: 'registered' }));
    expect(stateOf(app).deploymentId).not.toBe(url.deploymentId);
    expect(await healthOf(app)).toMatchObject({ status: 'up' });
    expect(await engine.greet()).toEqual([200, 'v1']);
  });

  test.each([
    ['the older', 50, 2_000],
    ['the newer', 2_000, 50],
  ])('the newest version has the calls again when %s one looks first', async (_which, oldInterval, newInterval) => {
    const old = await start('v1', { interval: oldInterval });
    const next = await start('v2', { interval: newInterval });
    await eventually(() => expect(stateOf(old).newer).toHaveLength(1));
    await engine.whileStopped('empty');
    await eventually(() => expect(stateOf(old)).toMatchObject({ status: 'lost' }));
    await eventually(async () => expect(await engine.greet()).toEqual([200, 'v2']));
    await eventually(() => expect(stateOf(next)).toMatchObject({ status: 'registered', newer: [] }));
    const looks = vi.spyOn(AdminClient.prototype, 'deployments');
    // Both look again, and again.
    await eventually(() => expect(looks.mock.calls.length).toBeGreaterThan(8));
    looks.mockRestore();
    expect(stateOf(old)).toMatchObject({ status: 'lost', newer: [] });
    expect(await healthOf(old)).toMatchObject({ status: 'down' });
    expect(await engine.greet()).toEqual([200, 'v2']);
    expect(await engine.deployments()).toMatchObject([{ id: stateOf(next).deploymentId }]);
    const reports = logged('REA6031').map(({ text }) => text);
    expect(reports).toHaveLength(2);
    expect(reports).toContainEqual(expect.stringContaining('It is not registered again, since a newer deployment'));
    expect(reports).toContainEqual(expect.stringContaining('It is registered again now'));
    expect(logged('REA6033')).toEqual([]);
  });

  test('a mounted endpoint registers again', async () => {
    const app = await start('v1', { interval: 100 }, { endpoint: { serve: 'mounted' } });
    await app.app.listen(0);
    await eventually(async () => expect(await engine.greet()).toEqual([200, 'v1']));
    await engine.whileStopped('empty');
    await eventually(async () => expect(await engine.greet()).toEqual([200, 'v1']));
  });

  test('nothing is looked at where that is turned off', async () => {
    const app = await start('v1', false);
    await engine.whileStopped('empty');
    const watched = await start('v2');
    await eventually(() => expect(stateOf(watched)).toMatchObject({ status: 'registered' }));
    expect(stateOf(app)).toMatchObject({ status: 'registered' });
    expect(logged('REA6031')).toEqual([]);
    expect((await engine.deployments()).length).toBe(1);
  });

  test('a start that fails again is tried again', async () => {
    const app = await start();
    await engine.whileStopped('empty');
    await eventually(() => expect(logged('REA6031')).toHaveLength(1));
    await engine.whileStopped('empty');
    await eventually(async () => expect(await engine.greet()).toEqual([200, 'v1']));
    await eventually(() => expect(stateOf(app)).toMatchObject({ status: 'registered' }));
  });
});

describe('no data is lost, and nothing is registered', { meta: { claim: 'lost-data' } }, () => {
  test('when the server was away for a while', async () => {
    const app = await start();
    const before = await engine.deployments();
    await engine.whileStopped('with its data', async () => {
      await eventually(() => expect(logged('could not be looked at').length).toBeGreaterThan(2));
      expect(stateOf(app)).toMatchObject({ status: 'registered' });
    });
    const failures = logged('could not be looked at').length;
    await eventually(async () => expect(await engine.greet()).toEqual([200, 'v1']));
    const watched = await start('v1');
    await eventually(() => expect(stateOf(watched)).toMatchObject({ status: 'registered' }));
    expect(failures).toBeGreaterThan(2);
    expect(logged('REA6031')).toEqual([]);
    expect((await engine.deployments()).map(({ id }) => id)).toContain(before[0]!.id);
    expect(await engine.deployments()).toHaveLength(2);
  });

  test('when an operator goes back to the version before', async () => {
    await start('v1');
    const next = await start('v2');
    expect(await engine.greet()).toEqual([200, 'v2']);
    const { deploymentId } = stateOf(next);
    await engine.remove(deploymentId!);
    await eventually(() => expect(stateOf(next)).toMatchObject({ status: 'removed' }));
    expect(await engine.greet()).toEqual([200, 'v1']);
    expect(logged('REA6033')).toMatchObject([{ level: 'warn', text: expect.stringContaining(deploymentId!) }]);
    expect(await healthOf(next)).toMatchObject({ status: 'down' });
    expect(await engine.deployments()).toHaveLength(1);
  });

  test('when the deployment of before is removed after a new one, between two looks', async () => {
    const old = await start('v1', { interval: 2_000 });
    const next = await start('v2');
    await engine.remove(stateOf(old).deploymentId!);
    await eventually(() => expect(stateOf(old)).toMatchObject({ status: 'removed' }));
    expect(await engine.greet()).toEqual([200, 'v2']);
    expect(await engine.deployments()).toMatchObject([{ id: stateOf(next).deploymentId }]);
  });
});
