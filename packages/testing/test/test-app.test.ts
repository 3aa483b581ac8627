import { type CanActivate, Controller, Get, Injectable, UseGuards } from '@nestjs/common';
import {
  getClientToken,
  Handler,
  InjectClient,
  run,
  Service,
  type ServiceClient,
  Shared,
  state,
  stateKey,
  VirtualObject,
} from '@rea/core';
import { type IngressServiceClient, InjectIngress } from '@rea/ingress';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../core/test/support/eventually.js';

const once = { idempotencyKey: false } as const;

@Injectable()
class Prices {
  of(sku: string): number {
    return sku.length;
  }
}

@Injectable()
class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Service()
class Shop {
  attempts = 0;
  finished = false;

  constructor(private readonly prices: Prices) {}

  @Handler()
  async price(_ctx: Context, sku: string): Promise<number> {
    return this.prices.of(sku);
  }

  @UseGuards(Closed)
  @Handler()
  async guarded(_ctx: Context): Promise<string> {
    return 'open';
  }

  /** Counts its attempts: three steps and a wait between them. */
  @Handler()
  async steps(ctx: Context): Promise<number> {
    this.attempts += 1;
    await run(ctx, 'first', () => 1);
    await ctx.sleep(1);
    await run(ctx, 'second', () => 2);
    return this.attempts;
  }

  @Handler({ retryPolicy: { initialInterval: 10 } })
  async fails(_ctx: Context): Promise<string> {
    this.attempts += 1;
    if (this.attempts < 3) throw new Error(`failure ${this.attempts}`);
    return 'recovered';
  }

  @Handler()
  async waits(ctx: Context): Promise<string> {
    try {
      await ctx.sleep({ hours: 1 });
      return 'rested';
    } finally {
      this.finished = true;
    }
  }
}

@VirtualObject()
class Cart {
  static readonly lines = stateKey<string[]>('lines', { default: () => [] });

  @Handler()
  async add(ctx: ObjectContext, line: string): Promise<number> {
    ctx.set('touched', true);
    return (await state(ctx, Cart.lines).update((lines) => [...lines, line])).length;
  }

  @Shared()
  async view(ctx: ObjectSharedContext): Promise<string[]> {
    return state(ctx, Cart.lines).get();
  }
}

@Service()
class Buyer {
  constructor(@InjectClient(Shop) private readonly shop: ServiceClient<Shop>) {}

  @Handler()
  async ask(_ctx: Context, sku: string): Promise<number> {
    return this.shop.call.price(sku);
  }
}

@Controller()
class Front {
  constructor(@InjectIngress(Shop) private readonly shop: IngressServiceClient<Shop>) {}

  @Get('price')
  async price(): Promise<string> {
    return String(await this.shop.call.price('four', once));
  }
}

const providers = [Prices, Shop, Cart, Buyer];

describe('A test application', () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers, controllers: [Front] });
  });
  afterAll(() => app?.close());

  test('calls its components by typed clients, and gives its providers', async () => {
    expect(await app.ingress.service(Shop).call.price('tea', once)).toBe(3);
    expect(app.get(Prices)).toBeInstanceOf(Prices);
    expect(() => app.get('nothing')).toThrow(/nothing/);
  });

  test('serves its controllers over HTTP once it listens', async () => {
    await app.app.listen(0, '127.0.0.1');
    expect(await (await fetch(`${await app.app.getUrl()}/price`)).text()).toBe('4');
  });

  test('tells the state of an object, by name, as JSON', async () => {
    expect(await app.state('Cart', 'ada')).toEqual({});
    await app.ingress.object(Cart).of('ada').call.add('tea', once);
    await app.ingress.object(Cart).of('bob').call.add('milk', once);
    expect(await app.state('Cart', 'ada')).toEqual({ touched: true, lines: ['tea'] });
    expect(await app.state('Cart', 'bob')).toEqual({ touched: true, lines: ['milk'] });
  });

  test('tells the state of an object whose key has a quote', async () => {
    await app.ingress.object(Cart).of("o'hara").call.add('tea', once);
    expect(await app.state('Cart', "o'hara")).toEqual({ touched: true, lines: ['tea'] });
  });

  test('tells invocations, of all components or of one, and their journals', async () => {
    const sent = await app.ingress.service(Shop).send.steps(undefined, { idempotencyKey: 'journal' });
    await sent.result();
    const all = await app.invocations();
    const mine = (await app.invocations('Shop')).filter(({ id }) => id === sent.invocationId);
    expect(mine).toEqual([
      expect.objectContaining({
        target: `${app.namespace}.Shop/steps`,
        status: 'completed',
        completion_result: 'success',
      }),
    ]);
    expect(all.some(({ target }) => target.includes('.Cart/'))).toBe(true);
    expect((await app.invocations('Shop')).every(({ target }) => target.startsWith(`${app.namespace}.Shop/`))).toBe(
      true,
    );
    const journal = await app.journal(sent.invocationId);
    expect(journal.filter(({ entry_type }) => entry_type.startsWith('Command')).map(({ name }) => name ?? '')).toEqual(
      expect.arrayContaining(['first', 'second']),
    );
    expect(journal.map(({ index }) => index)).toEqual(journal.map((_row, index) => index));
  });

  test('cancels an invocation, whose handler gets to know', async () => {
    app.get(Shop).finished = false;
    const sent = await app.ingress.service(Shop).send.waits(undefined, { idempotencyKey: 'cancel' });
    await app.cancel(sent.invocationId);
    await expect(sent.result()).rejects.toMatchObject({ status: 409 });
    expect(app.get(Shop).finished).toBe(true);
  });

  test('kills an invocation, whose handler runs no further', async () => {
    app.get(Shop).finished = false;
    const sent = await app.ingress.service(Shop).send.waits(undefined, { idempotencyKey: 'kill' });
    await app.kill(sent.invocationId);
    await expect(sent.result()).rejects.toMatchObject({ status: 409 });
    expect(app.get(Shop).finished).toBe(false);
  });

  test('says plainly what the server refuses', async () => {
    await expect(app.query('select nonsense from nowhere')).rejects.toThrow(/REA6002: POST .*\/query .*nowhere/);
    await expect(app.cancel('inv_nonsense')).rejects.toThrow(/\/invocations\/inv_nonsense\/cancel/);
  });
});

describe('Overrides', () => {
  test('replace providers, guards and durable clients', async () => {
    await using app = await createTestApp({
      providers,
      override: (builder) =>
        builder
          .overrideProvider(Prices)
          .useValue({ of: () => 42 })
          .overrideGuard(Closed)
          .useValue({ canActivate: () => true })
          .overrideProvider(getClientToken(Shop))
          .useValue({ call: { price: async () => 7 } }),
    });
    expect(await app.ingress.service(Shop).call.price('tea', once)).toBe(42);
    expect(await app.ingress.service(Shop).call.guarded(undefined, once)).toBe('open');
    expect(await app.ingress.service(Buyer).call.ask('tea', once)).toBe(7);
  });
});

describe('Applications on one server', () => {
  test('do not see each other, although their components have the same names', async () => {
    await using a = await createTestApp({ providers });
    await using b = await createTestApp({
      providers,
      override: (builder) => builder.overrideProvider(Prices).useValue({ of: () => 1_000 }),
    });
    expect(a.namespace).not.toBe(b.namespace);
    expect(await a.ingress.service(Buyer).call.ask('tea', once)).toBe(3);
    expect(await b.ingress.service(Buyer).call.ask('tea', once)).toBe(1_000);
    await a.ingress.object(Cart).of('ada').call.add('of a', { idempotencyKey: 'same' });
    await b.ingress.object(Cart).of('ada').call.add('of b', { idempotencyKey: 'same' });
    expect(await a.ingress.object(Cart).of('ada').call.view()).toEqual(['of a']);
    expect(await b.state('Cart', 'ada')).toEqual({ touched: true, lines: ['of b'] });
    for (const app of [a, b]) {
      const targets = (await app.invocations()).map(({ target }) => target.replace(`${app.namespace}.`, ''));
      expect(targets.toSorted()).toEqual(
        ['Buyer/ask', 'Cart/ada/add', 'Cart/ada/view', 'Shop/price'].filter(
          (target) => app === a || target !== 'Cart/ada/view',
        ),
      );
    }
  });

  test('that have closed leave the others alone', async () => {
    await using a = await createTestApp({ providers });
    const b = await createTestApp({ providers });
    await b.close();
    expect(await a.ingress.service(Shop).call.price('tea', once)).toBe(3);
  });

  const componentsOf = async (through: ReaTestApp, namespace: string) =>
    (await through.query<{ name: string }>(`select name from sys_service where name like '${namespace}.%'`)).length;

  test('are forgotten by it when they have closed', async () => {
    await using a = await createTestApp({ providers });
    const b = await createTestApp({ providers });
    expect(await componentsOf(a, b.namespace)).toBe(await componentsOf(a, a.namespace));
    await b.close();
    expect(await componentsOf(a, b.namespace)).toBe(0);
    expect(await componentsOf(a, a.namespace)).toBeGreaterThan(0);
  });

  test('stay known in a namespace that they were given, so that a later one may go on', async () => {
    await using a = await createTestApp({ providers });
    const namespace = `${a.namespace}kept`;
    await (await createTestApp({ providers, rea: { namespace } })).close();
    expect(await componentsOf(a, namespace)).toBe(await componentsOf(a, a.namespace));
  });
});

describe('A server that always replays', () => {
  test('runs the handler again at each wait, and no run twice', async () => {
    await using app = await createTestApp({ providers, server: 'always-replay' });
    expect(await app.ingress.service(Shop).call.steps(undefined, once)).toBeGreaterThanOrEqual(3);
    const [row] = await app.invocations('Shop');
    const names = (await app.journal(row!.id)).map(({ name }) => name).filter((name) => name);
    expect(names.filter((name) => name === 'first' || name === 'second').toSorted()).toEqual(
      ['first', 'second'].flatMap((name) => names.filter((other) => other === name)),
    );
  });
});

describe('A server without retries', () => {
  test('fails an invocation at its first error', async () => {
    await using app = await createTestApp({
      providers,
      server: 'no-retry',
      rea: { components: { Shop: { handlers: { fails: { retryPolicy: {} } } } } },
    });
    await expect(app.ingress.service(Shop).call.fails(undefined, once)).rejects.toMatchObject({
      status: 500,
      message: expect.stringContaining('failure 1'),
    });
    expect(app.get(Shop).attempts).toBe(1);
    const row = await eventually(async () => {
      const [found] = await app.invocations('Shop');
      expect(found).toMatchObject({ status: 'completed', completion_result: 'failure' });
      return found;
    });
    expect(row?.completion_failure).toContain('failure 1');
  });
});

test('A test application that cannot start says why, and leaves nothing open', async () => {
  await expect(createTestApp({ providers: [Shop] })).rejects.toThrow(/Prices/);
  await using app = await createTestApp({ providers });
  expect(await app.ingress.service(Shop).call.price('tea', once)).toBe(3);
});
