import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger, type Type } from '@nestjs/common';
import {
  Handler,
  ReaModule,
  ReaRuntime,
  type ReaModuleOptions,
  Service,
  Shared,
  VirtualObject,
  Workflow,
  WorkflowRun,
} from '@rea/core';
import { BuiltIn, qualify, unqualify } from '@rea/core/internal';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, ObjectSharedContext, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { tried } from '../../../test/support/claim.js';
import { packageName, startingPoints, withApplicationName } from '../src/application-name.js';

const lines: string[] = [];
for (const level of ['log', 'warn', 'error'] as const) {
  vi.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void lines.push(String(line)));
}

/** The component `Orders`, as applications of several teams may have it. */
function ordersAs(kind: 'service' | 'object' | 'workflow', version = 'v1'): Type {
  @Service({ name: 'Orders' })
  class Orders {
    @Handler()
    async version(_ctx: Context): Promise<string> {
      return version;
    }
  }
  @VirtualObject({ name: 'Orders' })
  class OrderObject {
    @Handler()
    async change(_ctx: ObjectContext): Promise<void> {}
    @Shared()
    async version(_ctx: ObjectSharedContext): Promise<string> {
      return version;
    }
  }
  @Workflow({ name: 'Orders', retention: 'standard' })
  class OrderFlow {
    @WorkflowRun()
    async version(_ctx: WorkflowContext): Promise<string> {
      return version;
    }
  }
  return { service: Orders, object: OrderObject, workflow: OrderFlow }[kind];
}

@Service()
class Greeter {
  @Handler()
  async greet(_ctx: Context): Promise<string> {
    return 'hello';
  }
}

let server: RestateServer;
beforeAll(async () => void (server = await RestateServer.start()));
afterAll(() => server.stop());

let count = 0;
const open: ReaTestApp[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const app of open.splice(0)) await app.close();
});

async function start(
  namespace: string,
  name: string | false,
  providers: Type[],
  rea: Omit<Partial<ReaModuleOptions>, 'server' | 'name' | 'namespace'> = {},
): Promise<ReaTestApp> {
  const { ingressUrl, adminUrl } = server;
  const app = await createTestApp({ server: { ingressUrl, adminUrl }, providers, rea: { namespace, name, ...rea } });
  open.push(app);
  return app;
}

const nextNamespace = (): string => `share${(count += 1)}`;

async function call(namespace: string): Promise<string> {
  const answer = await fetch(`${server.ingressUrl}/${namespace}.Orders/version`, { method: 'POST' });
  return (await answer.json()) as string;
}

async function deployments(namespace: string) {
  const answer = await fetch(`${server.adminUrl}/deployments`);
  const { deployments: all } = (await answer.json()) as {
    deployments: { id: string; metadata?: Record<string, string>; services: { name: string }[] }[];
  };
  return all.filter(({ services }) => services.some(({ name }) => name.startsWith(`${namespace}.`)));
}

describe('a component of another application', { meta: { claim: 'shared-server' } }, () => {
  test.each(['service', 'object', 'workflow'] as const)(
    'is refused at the start, with both named (%s)',
    async (kind) => {
      const namespace = nextNamespace();
      await start(namespace, 'shop', [ordersAs(kind)]);
      await expect(start(namespace, 'billing', [ordersAs(kind), Greeter])).rejects.toMatchObject({
        code: 'REA6030',
        message: expect.stringMatching(
          new RegExp(`${namespace}\\.Orders is served by the application "shop".*"billing"`),
        ),
        application: 'billing',
        taken: [{ component: `${namespace}.Orders`, application: 'shop' }],
      });
      expect(await deployments(namespace)).toMatchObject([{ metadata: { 'rea.application': 'shop' } }]);
    },
  );

  test.each(['billing', false] as const)('keeps its calls when the application %s starts', async (name) => {
    const namespace = nextNamespace();
    await start(namespace, 'shop', [ordersAs('service', 'shop')]);
    await expect(start(namespace, name, [ordersAs('service', 'billing')])).rejects.toMatchObject({ code: 'REA6030' });
    expect(await call(namespace)).toBe('shop');
  });

  test('is refused in production too', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const endpoint = { security: { mode: 'permissive' } } as const;
    const namespace = nextNamespace();
    await start(namespace, 'shop', [ordersAs('service')], { endpoint });
    await expect(start(namespace, 'billing', [ordersAs('service')], { endpoint })).rejects.toMatchObject({
      code: 'REA6030',
    });
  });

  test('is refused after the other application has stopped: its calls wait for it', async () => {
    const namespace = nextNamespace();
    const shop = await start(namespace, 'shop', [ordersAs('service')]);
    open.pop();
    await shop.close();
    await expect(start(namespace, 'billing', [ordersAs('service')])).rejects.toMatchObject({ code: 'REA6030' });
  });

  test('of two that start at once, one is refused, and the other has the calls', async () => {
    const rounds = 6;
    tried(rounds);
    for (let round = 0; round < rounds; round += 1) {
      const namespace = nextNamespace();
      const names = ['shop', 'billing'];
      const results = await Promise.allSettled(
        names.map((name) => start(namespace, name, [ordersAs('service', name)])),
      );
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused).toMatchObject([{ reason: { code: 'REA6030' } }]);
      const winner = names[results.findIndex(({ status }) => status === 'fulfilled')];
      expect(await call(namespace)).toBe(winner);
      expect(await deployments(namespace)).toMatchObject([{ metadata: { 'rea.application': winner } }]);
    }
  });
});

describe('the same name is the same application', { meta: { claim: 'shared-server' } }, () => {
  test('a replica, and its next version, which takes the calls', async () => {
    const namespace = nextNamespace();
    await start(namespace, 'shop', [ordersAs('service', 'v1')]);
    await start(namespace, 'shop', [ordersAs('service', 'v1')]);
    await start(namespace, 'shop', [ordersAs('service', 'v2'), Greeter]);
    expect(await call(namespace)).toBe('v2');
  });

  test('in namespaces of their own, two applications have one component name', async () => {
    const [one, other] = [nextNamespace(), nextNamespace()];
    await start(one, 'shop', [ordersAs('service', 'shop')]);
    await start(other, 'billing', [ordersAs('service', 'billing')]);
    expect([await call(one), await call(other)]).toEqual(['shop', 'billing']);
  });

  test('a deployment without a name, of an older version, is taken for the application’s own', async () => {
    const namespace = nextNamespace();
    await start(namespace, false, [ordersAs('service', 'old')]);
    await start(namespace, 'shop', [ordersAs('service', 'new')]);
    expect(await call(namespace)).toBe('new');
    expect((await deployments(namespace)).map(({ metadata }) => metadata?.['rea.application'])).toContain('shop');
  });

  /** Stops an application, and starts it at its URL with another name. */
  async function renamed(env: string): Promise<{ readonly namespace: string; readonly again: Promise<ReaTestApp> }> {
    vi.stubEnv('NODE_ENV', env);
    const namespace = nextNamespace();
    const security = { mode: 'permissive' } as const;
    const first = await start(namespace, 'shop', [ordersAs('service')], { endpoint: { security } });
    const { port } = new URL(first.get(ReaRuntime).endpointUrl!);
    open.pop();
    await first.close();
    const endpoint = { port: Number(port), security };
    return { namespace, again: start(namespace, 'store', [ordersAs('service')], { endpoint }) };
  }

  test('one that changes at a URL is registered with it where a known URL may be replaced', async () => {
    const { namespace, again } = await renamed('development');
    await again;
    expect(await deployments(namespace)).toMatchObject([{ metadata: { 'rea.application': 'store' } }]);
  });

  test('one that changes at a URL is refused where a known URL may not be replaced', async () => {
    const { again } = await renamed('production');
    await expect(again).rejects.toMatchObject({ code: 'REA6030' });
  });
});

describe('the name', { meta: { claim: 'shared-server' } }, () => {
  const root = mkdtempSync(join(tmpdir(), 'rea-name-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const packageAt = (path: string, content: string) => {
    const directory = join(root, path);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), content);
    return directory;
  };

  test.each([
    ['orders', 'orders'],
    ['@acme/orders', 'acme-orders'],
    ['@acme/orders.api', 'acme-orders-api'],
    ['_private', 'private'],
    ['7zip', '7zip'],
    ['a b/ü', 'a-b'],
    ['Orders~2', 'Orders-2'],
  ])('of the package %j is %j', (name, expected) => {
    expect(packageName([packageAt(`p-${expected}`, JSON.stringify({ name }))])).toBe(expected);
  });

  test.each(['{}', '{"name":5}', '{"name":""}', '{"name":"@/"}', 'no json'])(
    'is not that of a package.json with %s, but of the next one upward',
    (content) => {
      packageAt('up', JSON.stringify({ name: 'outer' }));
      expect(packageName([packageAt(`up/dist-${content.length}/main`, content)])).toBe('outer');
    },
  );

  test('is looked for at what the process was started with, then at the working directory', () => {
    const cwd = packageAt('cwd', '{"name":"cwd"}');
    const entry = packageAt('entry', '{"name":"entry"}');
    expect(packageName(startingPoints(join(entry, 'dist', 'main.js'), {}, cwd))).toBe('entry');
    expect(packageName(startingPoints(join(entry, 'node_modules', 'pm2', 'fork.js'), {}, cwd))).toBe('cwd');
    expect(packageName(startingPoints(undefined, {}, cwd))).toBe('cwd');
    expect(packageName(startingPoints(join(entry, 'x.js'), { LAMBDA_TASK_ROOT: cwd }, '/'))).toBe('cwd');
    expect(packageName(['/'])).toBeUndefined();
    tried(4);
  });

  test.each(['given', false] as const)('that is given, %j, is the one', (name) => {
    expect(withApplicationName({ server: 'embedded', name })).toMatchObject({ name });
  });

  test.each(['', 'a.b', 'a b', 'ü', '-a', '@acme/orders', 5, true, null])('%j is refused', (name) => {
    expect(() => ReaModule.forRoot({ server: 'embedded', name: name as never })).toThrow(/REA1001: The option name is/);
  });

  test.each([
    [{ name: 'shop' }, 'rea.shop.DeadLetter', 'Orders'],
    [{ name: 'shop', namespace: 'pr-7' }, 'pr-7.rea.shop.DeadLetter', 'pr-7.Orders'],
    [{ name: false as const }, 'rea.DeadLetter', 'Orders'],
    [{ namespace: 'pr-7' }, 'pr-7.rea.DeadLetter', 'pr-7.Orders'],
  ])('with %j, names on the server are %s and %s', (scope, builtIn, own) => {
    expect([qualify(scope, 'rea.DeadLetter'), qualify(scope, 'Orders')]).toEqual([builtIn, own]);
    expect([unqualify(scope, builtIn), unqualify(scope, own)]).toEqual(['rea.DeadLetter', 'Orders']);
  });

  test('is asked for where there is none and built-in components need one', async () => {
    @BuiltIn()
    @Service({ name: 'rea.Sample' })
    class Sample {
      @Handler()
      async go(_ctx: Context): Promise<void> {}
    }
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue('/');
    const argv = process.argv;
    process.argv = [argv[0]!];
    try {
      const { ingressUrl, adminUrl } = server;
      const address = { ingressUrl, adminUrl };
      await expect(createTestApp({ server: address, providers: [Sample] })).rejects.toMatchObject({ code: 'REA1082' });
      open.push(await createTestApp({ server: address, providers: [Sample], rea: { name: false } }));
      open.push(await createTestApp({ server: address, providers: [Greeter] }));
    } finally {
      process.argv = argv;
      cwd.mockRestore();
    }
  });
});
