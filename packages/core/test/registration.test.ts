import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Logger, type Type } from '@nestjs/common';
import {
  BreakingChangeError,
  DeploymentChangedError,
  Handler,
  REA_CHANNEL,
  type ReaEvent,
  type ReaEventMap,
  type RegistrationOptions,
  Service,
  type ServiceOptions,
  VirtualObject,
} from '@rea/core';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from './support/eventually.js';

/** Versions of one component, as they are deployed one after the other. */
function greeter(options: ServiceOptions = {}): Type {
  @Service({ ...options, name: 'Greeter' })
  class Greeter {
    @Handler()
    async greet(_ctx: Context): Promise<string> {
      return 'hello';
    }
  }
  return Greeter;
}

@Service({ name: 'Greeter' })
class WithFarewell {
  @Handler()
  async greet(_ctx: Context): Promise<string> {
    return 'hello';
  }

  @Handler()
  async farewell(_ctx: Context): Promise<string> {
    return 'bye';
  }
}

@VirtualObject({ name: 'Greeter' })
class AsObject {
  @Handler()
  async greet(_ctx: ObjectContext): Promise<string> {
    return 'hello';
  }
}

@Service()
class Other {
  @Handler()
  async greet(_ctx: Context): Promise<string> {
    return 'other';
  }
}

type Registered = ReaEventMap['registered'];
const registered: Registered[] = [];
const lines: string[] = [];
const record = (event: unknown) => {
  const { type, payload } = event as ReaEvent;
  if (type === 'registered') registered.push(payload);
};
beforeAll(() => {
  subscribe(REA_CHANNEL, record);
  for (const level of ['log', 'warn'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => {
      lines.push(String(line));
    });
  }
});
afterAll(() => {
  unsubscribe(REA_CHANNEL, record);
  vi.restoreAllMocks();
});

const open: ReaTestApp[] = [];
beforeEach(() => {
  registered.length = 0;
  lines.length = 0;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const app of open.splice(0)) await app.close();
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A port whose URL the server has not seen: what other tests of the run have served there would count as a change. */
async function newPort(): Promise<number> {
  const { adminUrl } = await sharedServer();
  const known = await (await fetch(`${adminUrl}/deployments`)).text();
  for (;;) {
    const port = await freePort();
    if (!known.includes(`:${port}/`)) return port;
  }
}

let deployments = 0;

/** A place where versions are deployed: one URL, one namespace. */
async function place() {
  deployments += 1;
  return { namespace: `reg${process.pid}x${deployments}`, port: await newPort() };
}
/** The tests' server signs nothing, and production would insist. */
const security = { mode: 'permissive' } as const;

type Place = Awaited<ReturnType<typeof place>>;

async function start(
  { namespace, port }: Place,
  providers: Type[],
  registration: RegistrationOptions = {},
): Promise<ReaTestApp> {
  const app = await createTestApp({ providers, rea: { namespace, endpoint: { port, security }, registration } });
  open.push(app);
  return app;
}

/** Starts a version, and stops it again. */
async function deploy(...args: Parameters<typeof start>): Promise<void> {
  const app = await start(...args);
  open.pop();
  await app.close();
}

describe('The same code again', () => {
  test.each(['development', 'production'])('on the same URL changes nothing: in %s', async (environment) => {
    vi.stubEnv('NODE_ENV', environment);
    const where = await place();
    await deploy(where, [greeter({ inactivityTimeout: 5_000, metadata: { team: 'a' } }), Other]);
    await deploy(where, [Other, greeter({ metadata: { team: 'a' }, inactivityTimeout: 5_000 })]);
    const uri = `http://127.0.0.1:${where.port}`;
    expect(registered).toEqual([
      { deploymentId: expect.stringMatching(/^dp_/), uri, changed: true },
      { deploymentId: registered[0]?.deploymentId, uri, changed: false },
    ]);
    expect(lines.filter((line) => line.includes('again'))).toEqual([]);
    expect(lines).toContain(`${uri} is registered as ${registered[0]?.deploymentId}`);
  });
});

describe('Changed code on the same URL', () => {
  const changes: [string, () => Type[], () => Type[], (name: string) => string][] = [
    ['a new handler', () => [greeter()], () => [WithFarewell], (name) => `handler ${name}/farewell is new`],
    ['a handler that is gone', () => [WithFarewell], () => [greeter()], (name) => `handler ${name}/farewell is gone`],
    [
      'an option',
      () => [greeter({ inactivityTimeout: { seconds: 5 } })],
      () => [greeter({ inactivityTimeout: { seconds: 7 } })],
      (name) => `${name}: inactivity_timeout was "5s", is "7s"`,
    ],
    [
      'a new service',
      () => [greeter()],
      () => [greeter(), Other],
      (name) => `service ${name.replace('Greeter', 'Other')} is new`,
    ],
  ];

  test.each(changes)('replaces it in development, and says what changed: %s', async (_what, before, after, change) => {
    const where = await place();
    await deploy(where, before());
    await start(where, after());
    expect(registered.map(({ changed }) => changed)).toEqual([true, true]);
    const line = lines.find((text) => text.startsWith(`Registered http://127.0.0.1:${where.port} again: `));
    expect(line).toContain(change(`${where.namespace}.Greeter`));
  });

  test.each(changes)('is refused in production, and says what changed: %s', async (_what, before, after, change) => {
    const where = await place();
    await deploy(where, before());
    vi.stubEnv('NODE_ENV', 'production');
    const error = await start(where, after()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DeploymentChangedError);
    const expected = change(`${where.namespace}.Greeter`);
    expect(error).toMatchObject({ code: 'REA6003', changes: expect.arrayContaining([expected]) });
    expect((error as Error).message).toContain(expected);
    expect((error as Error).message).toContain('endpoint.advertisedUrl');
    expect(registered).toHaveLength(1);
  });

  test('that is refused leaves what the server knows as it was', async () => {
    const where = await place();
    await deploy(where, [greeter()]);
    await start(where, [WithFarewell], { force: false }).catch(() => undefined);
    const { adminUrl } = await sharedServer();
    const known = await fetch(`${adminUrl}/services/${where.namespace}.Greeter`);
    expect(((await known.json()) as { handlers: { name: string }[] }).handlers.map(({ name }) => name)).toEqual([
      'greet',
    ]);
  });

  test('replaces it in production when it is told to, and the new handler answers', async () => {
    const where = await place();
    await deploy(where, [greeter()]);
    vi.stubEnv('NODE_ENV', 'production');
    const app = await start(where, [WithFarewell], { force: true });
    expect(await app.ingress.service(WithFarewell).call.farewell(undefined, { idempotencyKey: false })).toBe('bye');
  });

  test('removes a service that is gone in development', async () => {
    const where = await place();
    await deploy(where, [greeter(), Other]);
    await start(where, [Other]);
    expect(lines.find((text) => text.includes(' again: '))).toContain(`service ${where.namespace}.Greeter is gone`);
  });
});

describe('A breaking change', () => {
  test.each<[string, NodeJS.ProcessEnv, RegistrationOptions]>([
    ['in production', { NODE_ENV: 'production' }, {}],
    ['when it is told not to', {}, { breaking: false }],
  ])('on another URL is refused with what is wrong: %s', async (_when, env, options) => {
    const where = await place();
    await deploy(where, [greeter()]);
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const began = performance.now();
    const error = await start({ ...where, port: await newPort() }, [AsObject], options).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(BreakingChangeError);
    expect(error).toMatchObject({ code: 'REA6004', message: expect.stringContaining(`${where.namespace}.Greeter`) });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('is made in development', async () => {
    const where = await place();
    await deploy(where, [greeter()]);
    const app = await start({ ...where, port: await newPort() }, [AsObject]);
    expect(await app.ingress.object(AsObject).of('x').call.greet(undefined, { idempotencyKey: false })).toBe('hello');
  });
});

describe('Several replicas', () => {
  test('register one URL at once, as one deployment', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const { namespace, port } = await place();
    const advertisedUrl = `http://127.0.0.1:${port}`;
    const replicas = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        createTestApp({
          providers: [greeter(), Other],
          rea: { namespace, endpoint: { port: index === 0 ? port : 0, advertisedUrl, security } },
        }),
      ),
    );
    open.push(...replicas);
    expect(registered).toHaveLength(4);
    expect(new Set(registered.map(({ deploymentId }) => deploymentId)).size).toBe(1);
    expect(registered.filter(({ changed }) => changed)).toHaveLength(1);
    const rows = await replicas[0]!.query(`select id from sys_deployment where endpoint like '${advertisedUrl}%'`);
    expect(rows).toHaveLength(1);
  });
});

describe('A server that comes up after the application', () => {
  let server: RestateServer | undefined;
  afterEach(() => server?.stop());

  test('is waited for, with one line that says so', async () => {
    const [ingressPort, adminPort] = [await freePort(), await freePort()];
    const address = { ingressUrl: `http://127.0.0.1:${ingressPort}`, adminUrl: `http://127.0.0.1:${adminPort}` };
    const starting = createTestApp({ providers: [greeter()], server: address });
    await eventually(() => expect(lines.some((line) => line.startsWith('Waiting for'))).toBe(true));
    server = await RestateServer.start({ ingressPort, adminPort });
    open.push(await starting);
    const waiting = lines.filter((line) => line.startsWith('Waiting for'));
    expect(waiting).toEqual([expect.stringMatching(/REA6001.*adminUrl/)]);
    expect(registered).toMatchObject([{ changed: true }]);
    const answer = await fetch(`${address.ingressUrl}/${open[0]!.namespace}.Greeter/greet`, { method: 'POST' });
    expect(await answer.json()).toBe('hello');
  });
});

describe('An ingress of another server', () => {
  let server: RestateServer | undefined;
  afterEach(() => server?.stop());

  test('delays the start only so long, and is told of', async () => {
    server = await RestateServer.start();
    const { adminUrl } = await sharedServer();
    const address = { ingressUrl: server.ingressUrl, adminUrl };
    open.push(
      await createTestApp({ providers: [greeter()], server: address, rea: { registration: { timeout: 500 } } }),
    );
    const { namespace } = open[0]!;
    expect(lines.filter((line) => line.includes('of one server'))).toEqual([
      expect.stringMatching(`${adminUrl}.*${server.ingressUrl}.*${namespace}\\.Greeter.*"service not found"`),
    ]);
  });
});
