import {
  Handler,
  InjectClient,
  type ObjectClient,
  promise,
  promiseKey,
  Service,
  type ServiceClient,
  Shared,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowRun,
  WorkflowSignal,
  type Restored,
} from '@rea/core';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import {
  type Context,
  iface,
  type ObjectContext,
  type ObjectSharedContext,
  type Serde,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Scene, Scenes } from './support/scenes.js';

const once = { idempotencyKey: false } as const;

/** Dates, which JSON does not keep. */
const dates: Serde<Date> = {
  contentType: 'application/x-date',
  serialize: (date) => new TextEncoder().encode(date.toISOString()),
  deserialize: (data) => new Date(new TextDecoder().decode(data)),
};

const Line = z.object({ sku: z.string().min(1), quantity: z.int().positive() });

const shop = iface.service('shop', {
  price: iface.schemas({ input: Line, output: z.number() }),
  nextDay: iface.serdes({ input: dates, output: dates }),
  ping: iface.json<void, string>(),
});

/** Nothing is decorated: the contract says all. */
@Service(shop)
class Shop {
  async price(_ctx: Context, { sku, quantity }: z.infer<typeof Line>): Promise<number> {
    return sku.length * quantity;
  }
  async nextDay(_ctx: Context, day: Date): Promise<Restored<Date>> {
    return new Date(day.getTime() + 86_400_000);
  }
  async ping(_ctx: Context): Promise<string> {
    return 'pong';
  }
  /** Not in the contract, and so no handler. */
  async internal(_ctx: Context): Promise<string> {
    return 'internal';
  }
}

const counter = iface.object('counter', { add: iface.json<number, number>(), get: iface.shared.json<void, number>() });

/** Decorated, and one of its own beside the contract's. */
@VirtualObject(counter, { inactivityTimeout: { seconds: 7 } })
class Counter {
  @Handler({ inactivityTimeout: { seconds: 3 } })
  async add(ctx: ObjectContext, by: number): Promise<number> {
    const count = ((await ctx.get<number>('count')) ?? 0) + by;
    ctx.set('count', count);
    return count;
  }

  @Shared({ name: 'get' })
  async current(ctx: ObjectSharedContext): Promise<number> {
    return (await ctx.get<number>('count')) ?? 0;
  }

  /** The compiler looks for the contract's names; at run time the decorated method is the handler. */
  async get(_ctx: ObjectSharedContext): Promise<number> {
    return -1;
  }

  @Handler()
  async reset(ctx: ObjectContext): Promise<void> {
    ctx.clearAll();
  }
}

const approval = iface.workflow('approval', {
  run: iface.json<string, string>(),
  approve: iface.shared.json<string>(),
  status: iface.shared.json<void, string>(),
});
const decision = promiseKey<string>('decision');

@Workflow(approval)
class Approval {
  @WorkflowRun()
  async run(ctx: WorkflowContext, subject: string): Promise<string> {
    return `${subject} approved by ${await promise(ctx, decision).get()}`;
  }

  @WorkflowSignal()
  async approve(ctx: WorkflowSharedContext, by: string): Promise<void> {
    await promise(ctx, decision).resolve(by);
  }

  /** Undecorated, beside decorated ones. */
  async status(ctx: WorkflowSharedContext): Promise<string> {
    return (await promise(ctx, decision).peek()) ?? 'open';
  }
}

@Service()
class Caller {
  static readonly scenes = new Scenes<Context, Caller>();

  constructor(
    @InjectClient(shop) readonly shops: ServiceClient<typeof shop>,
    @InjectClient(counter) readonly counters: ObjectClient<typeof counter>,
    @InjectClient(() => approval) readonly approvals: WorkflowClient<typeof approval>,
    @InjectClient(Shop) readonly shopsByClass: ServiceClient<Shop>,
  ) {}

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Caller.scenes.play(scene, ctx, this);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Shop, Counter, Approval, Caller] });
});
afterAll(() => app?.close());

function inHandler<R>(scene: Scene<Context, Caller, R>): Promise<R> {
  return app.ingress.service(Caller).call.play(Caller.scenes.add(scene), once) as Promise<R>;
}

interface Described {
  readonly handlers: { readonly name: string; readonly ty?: string; readonly inactivity_timeout?: string }[];
  readonly inactivity_timeout?: string;
}
async function described(component: string): Promise<Described> {
  const { adminUrl } = await sharedServer();
  return (await (await fetch(`${adminUrl}/services/${app.namespace}.${component}`)).json()) as Described;
}

const day = new Date('2026-01-01T00:00:00.000Z');
const next = new Date('2026-01-02T00:00:00.000Z');

describe('A component by contract', () => {
  test('has the name and exactly the handlers of its contract', async () => {
    expect((await described('shop')).handlers.map(({ name }) => name).toSorted()).toEqual(['nextDay', 'ping', 'price']);
  });

  test('has the handlers that it decorates beside them, and their options', async () => {
    const { handlers, inactivity_timeout } = await described('counter');
    expect(inactivity_timeout).toBe('7s');
    expect(handlers.map(({ name, ty }) => `${name} ${ty}`).toSorted()).toEqual([
      'add Exclusive',
      'get Shared',
      'reset Exclusive',
    ]);
    expect(handlers.find(({ name }) => name === 'add')).toMatchObject({ inactivity_timeout: '3s' });
  });

  test('as a workflow has one run, and shared handlers', async () => {
    const handlers = (await described('approval')).handlers.map(({ name, ty }) => `${name} ${ty}`);
    expect(handlers).toEqual(expect.arrayContaining(['run Workflow', 'approve Shared', 'status Shared']));
    expect(handlers.filter((handler) => handler.endsWith('Workflow'))).toHaveLength(1);
  });

  test('validates by the schemas of its contract: 400 with fields, before the handler', async () => {
    await expect(app.ingress.service(shop).call.price({ sku: '', quantity: 1.5 }, once)).rejects.toMatchObject({
      status: 400,
    });
  });

  test('does not serve what is in the class and not in the contract', async () => {
    const { ingressUrl } = await sharedServer();
    const answer = await fetch(`${ingressUrl}/${app.namespace}.shop/internal`, { method: 'POST' });
    expect(answer.status).toBe(404);
  });
});

describe('Clients by contract', () => {
  test('in a handler call, keep the serdes of the contract, and address objects', async () => {
    expect(
      await inHandler(async (_ctx, { shops, counters }) => {
        const date = await shops.call.nextDay(day);
        return [
          await shops.call.price({ sku: 'tea', quantity: 2 }),
          date instanceof Date && date.toISOString(),
          await shops.call.ping(),
          await counters.of('a').call.add(2),
          await counters.of('a').call.add(3),
          await counters.of('a').call.get(),
        ];
      }),
    ).toEqual([6, next.toISOString(), 'pong', 2, 5, 5]);
  });

  test('in a handler submit, query, signal and attach', async () => {
    expect(
      await inHandler(async (_ctx, { approvals }) => {
        const one = approvals.of('in-handler');
        const submitted = one.submit('travel');
        await submitted.invocationId;
        const before = await one.query.status();
        await one.signal.approve('Ada');
        return [before, await submitted.attach(), await one.query.status()];
      }),
    ).toEqual(['open', 'travel approved by Ada', 'Ada']);
  });

  test('through the ingress do the same', async () => {
    const { shops, counters, approvals } = {
      shops: app.ingress.service(shop).call,
      counters: app.ingress.object(counter).of('ingress').call,
      approvals: app.ingress.workflow(approval).of('ingress'),
    };
    expect(await shops.price({ sku: 'tea', quantity: 2 }, once)).toBe(6);
    expect(await shops.nextDay(day, once)).toEqual(next);
    expect(await shops.ping(undefined, once)).toBe('pong');
    expect([await counters.add(4, once), await counters.get()]).toEqual([4, 4]);
    expect((await approvals.submit('travel')).accepted).toBe(true);
    expect(await approvals.query.status()).toBe('open');
    await approvals.signal.approve('Grace');
    expect(await approvals.attach()).toBe('travel approved by Grace');
  });

  test('and clients by class reach the same component, with the same serdes', async () => {
    expect(await app.ingress.service(Shop).call.nextDay(day, once)).toEqual(next);
    expect(
      await inHandler(async (_ctx, { shopsByClass }) => (await shopsByClass.call.nextDay(day)).toISOString()),
    ).toBe(next.toISOString());
    expect(await app.ingress.object(Counter).of('by-class').call.add(1, once)).toBe(1);
    expect(await app.ingress.object(counter).of('by-class').call.get()).toBe(1);
  });

  test('refuse what the contract does not have', async () => {
    expect(
      await inHandler(async (_ctx, { shops }) => {
        try {
          (shops.call as unknown as { internal(): void }).internal();
          return 'called';
        } catch (error) {
          return (error as Error).message;
        }
      }),
    ).toMatch(/REA3002.*"internal".*price, nextDay, ping/);
  });
});
