import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setImmediate as tick } from 'node:timers/promises';
import {
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import {
  Handler,
  InjectClient,
  PolicyService,
  REA_CHANNEL,
  type ReaEvent,
  ReaRuntime,
  run,
  Service,
  type ServiceClient,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from './support/eventually.js';
import { type Scene, Scenes } from './support/scenes.js';

/** What happened, in order. */
const log: string[] = [];
beforeEach(() => {
  log.length = 0;
});

const open: ReaTestApp[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

/** Takes its time, so that whoever does not wait for it is found out. */
async function later(line: string): Promise<void> {
  for (let round = 0; round < 20; round += 1) await tick();
  log.push(line);
}

abstract class Hooks implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  abstract readonly name: string;
  onModuleInit = () => later(`init ${this.name}`);
  onApplicationBootstrap = () => later(`bootstrap ${this.name}`);
  onModuleDestroy = () => later(`destroy ${this.name}`);
  onApplicationShutdown = () => later(`shutdown ${this.name}`);
}

@Injectable()
class GlobalThing extends Hooks {
  readonly name = 'global';
}
@Global()
@Module({ providers: [GlobalThing], exports: [GlobalThing] })
class GlobalModule {}

@Injectable()
class DeepThing extends Hooks {
  readonly name = 'deep';
}
@Module({ providers: [DeepThing] })
class DeepModule {}

@Injectable()
class FeatureThing extends Hooks {
  readonly name = 'feature';
}
@Module({ imports: [DeepModule], providers: [FeatureThing] })
class FeatureModule {}

@Injectable()
class RootThing extends Hooks {
  readonly name = 'root';
}

@Service({ retryPolicy: { initialInterval: 10 } })
class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  constructor(@Inject('who') readonly who: string) {}

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

@Service()
class Caller {
  constructor(@InjectClient(Stage) private readonly stage: ServiceClient<Stage>) {}

  @Handler()
  async relay(_ctx: Context, scene: string): Promise<unknown> {
    return this.stage.call.play(scene);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Whether the endpoint takes connections. */
async function isOpen(port: number): Promise<boolean> {
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

const who = (value: string) => ({ provide: 'who', useValue: value });

function play<R>(app: ReaTestApp, scene: Scene<Context, Stage, R>, key: string | false = false): Promise<R> {
  return app.ingress.service(Stage).call.play(Stage.scenes.add(scene), { idempotencyKey: key }) as Promise<R>;
}

test('The endpoint opens after all bootstrap hooks, asynchronous ones of the root and of global modules too', async () => {
  const port = await freePort();
  const states: boolean[] = [];
  @Injectable()
  class Watcher implements OnApplicationBootstrap {
    async onApplicationBootstrap(): Promise<void> {
      await later('bootstrap watcher');
      states.push(await isOpen(port));
    }
  }
  const record = (event: unknown) => {
    if ((event as ReaEvent).type === 'registered') log.push('registered');
  };
  subscribe(REA_CHANNEL, record);
  try {
    open.push(
      await createTestApp({
        imports: [FeatureModule, GlobalModule],
        providers: [Stage, who('x'), RootThing, Watcher],
        rea: { endpoint: { port } },
      }),
    );
  } finally {
    unsubscribe(REA_CHANNEL, record);
  }
  const bootstraps = ['root', 'feature', 'deep', 'global', 'watcher'].map((name) => `bootstrap ${name}`);
  expect(log).toEqual(expect.arrayContaining(bootstraps));
  expect(log.filter((line) => line === 'registered')).toHaveLength(1);
  expect(log.at(-1)).toBe('registered');
  expect(states).toEqual([false]);
  expect(await isOpen(port)).toBe(true);
});

test('A running effect finishes and is journaled before any provider is destroyed, and is not repeated', async () => {
  const port = await freePort();
  const rea = { namespace: `drain${process.pid}`, endpoint: { port } };
  const first = await createTestApp({
    imports: [FeatureModule, GlobalModule],
    providers: [Stage, who('first'), RootThing],
    rea,
  });
  log.length = 0;
  const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const scene = Stage.scenes.add(async (ctx, self) => {
    const effect = await run(ctx, 'effect', async () => {
      entered.resolve();
      await gate.promise;
      log.push(`effect of ${self.who}`);
      return self.who;
    });
    await ctx.sleep(1);
    return [effect, await run(ctx, 'after', () => self.who)];
  });
  const sent = await first.ingress.service(Stage).send.play(scene, { idempotencyKey: 'drained' });
  await entered.promise;
  const closing = first.close();
  // The shutdown has begun once the endpoint takes no connections.
  await eventually(async () => expect(await isOpen(port)).toBe(false));
  expect(log).toEqual([]);
  gate.resolve();
  await closing;
  expect(log[0]).toBe('effect of first');
  expect(log.slice(1)).toEqual(
    expect.arrayContaining(['destroy root', 'destroy feature', 'destroy deep', 'destroy global']),
  );

  const second = await createTestApp({ providers: [Stage, who('second')], rea });
  open.push(second);
  const again = await second.ingress.service(Stage).send.play(scene, { idempotencyKey: 'drained' });
  expect(again).toMatchObject({ accepted: false, invocationId: sent.invocationId });
  expect(await again.result()).toEqual(['first', 'second']);
  expect(log.filter((line) => line.startsWith('effect'))).toEqual(['effect of first']);
  const [row] = await second.invocations('Stage');
  expect(row?.retry_count ?? 1).toBeLessThanOrEqual(1);
});

test('An effect that takes longer than drainTimeout is cut, and repeated by the next process', async () => {
  const port = await freePort();
  const rea = { namespace: `cut${process.pid}`, endpoint: { port, drainTimeout: 200 } };
  const first = await createTestApp({ providers: [Stage, who('first')], rea });
  const entered = Promise.withResolvers<AbortSignal>();
  let stuck = true;
  const scene = Stage.scenes.add((ctx, self) =>
    run(ctx, 'effect', async ({ signal }) => {
      entered.resolve(signal);
      if (stuck) await new Promise(() => {});
      return self.who;
    }),
  );
  await first.ingress.service(Stage).send.play(scene, { idempotencyKey: 'cut' });
  const signal = await entered.promise;
  const began = performance.now();
  await first.close();
  expect(performance.now() - began).toBeLessThan(3_000);
  expect(signal.aborted).toBe(true);
  stuck = false;
  const second = await createTestApp({ providers: [Stage, who('second')], rea });
  open.push(second);
  expect(await second.ingress.service(Stage).call.play(scene, { idempotencyKey: 'cut' })).toBe('second');
});

test('Two applications in one process do not mix: components, clients, policies and the end of one', async () => {
  const start = async (name: string, policy: 'strict' | 'disabled') => {
    const app = await createTestApp({ providers: [Stage, Caller, who(name)], rea: { policy } });
    open.push(app);
    return app;
  };
  const [a, b] = [await start('a', 'strict'), await start('b', 'disabled')];
  const scene = Stage.scenes.add(async (_ctx, self) => self.who);
  const relay = (app: ReaTestApp) => app.ingress.service(Caller).call.relay(scene, { idempotencyKey: 'same' });
  expect(await Promise.all([relay(a), relay(b), relay(a), relay(b)])).toEqual(['a', 'b', 'a', 'b']);
  expect([a, b].map((app) => app.get(PolicyService).modeOf('missing-key'))).toEqual(['strict', 'disabled']);
  await expect(a.ingress.service(Stage).call.play(scene)).rejects.toThrow('REA2003');
  expect(await b.ingress.service(Stage).call.play(scene)).toBe('b');
  await a.close();
  open.splice(open.indexOf(a), 1);
  expect(b.get(ReaRuntime).endpointUrl).toBeDefined();
  expect(await play(b, async (_ctx, self) => self.who)).toBe('b');
});

test('A lazily loaded module that injects durable clients gets them, also of a target that nobody injected before', async () => {
  @Service()
  class Greeter {
    @Handler()
    async greet(_ctx: Context, name: string): Promise<string> {
      return `Hello, ${name}`;
    }
  }
  const app = await createTestApp({ providers: [Stage, Greeter, who('lazy')] });
  open.push(app);
  @Injectable()
  class Late {
    constructor(
      @InjectClient(Greeter) readonly greeter: ServiceClient<Greeter>,
      @InjectClient(() => Stage) readonly stage: ServiceClient<Stage>,
    ) {}
  }
  @Module({ providers: [Late] })
  class LateModule {}
  const late = (await app.app.get(LazyModuleLoader).load(() => LateModule)).get(Late);
  const inner = Stage.scenes.add(async (_ctx, self) => self.who);
  expect(
    await play(app, async () => [await late.greeter.call.greet('Ada'), await late.stage.call.play(inner)]),
  ).toEqual(['Hello, Ada', 'lazy']);
});
