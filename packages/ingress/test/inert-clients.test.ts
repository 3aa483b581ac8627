/* oxlint-disable await-thenable, no-base-to-string, no-unnecessary-template-expression, no-unnecessary-type-conversion, no-single-promise-in-promise-methods -- what must not happen to clients happens to them here */
import { format, inspect, isDeepStrictEqual, types } from 'node:util';
import { Injectable } from '@nestjs/common';
import {
  Handler,
  InjectClient,
  type ObjectClient,
  Service,
  type ServiceClient,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { isObservable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../test/support/claim.js';

@Service()
class Echo {
  @Handler()
  async say(_ctx: Context, text: string): Promise<string> {
    return text;
  }
}

@VirtualObject()
class Cart {
  @Handler()
  async add(_ctx: ObjectContext, by: number): Promise<number> {
    return by;
  }
}

@Workflow({ retention: 'standard' })
class Order {
  @WorkflowRun()
  async go(_ctx: WorkflowContext): Promise<void> {}

  @WorkflowSignal()
  async approve(_ctx: WorkflowSharedContext): Promise<void> {}

  @WorkflowQuery()
  async view(_ctx: WorkflowSharedContext): Promise<string> {
    return 'view';
  }
}

/** Durable clients, in a handler and outside. */
@Injectable()
class Durable {
  constructor(
    @InjectClient(Echo) readonly echo: ServiceClient<Echo>,
    @InjectClient(Cart) readonly carts: ObjectClient<Cart>,
    @InjectClient(Order) readonly orders: WorkflowClient<Order>,
  ) {}
}

@Service()
class Prints {
  static failures: unknown[] = [];

  constructor(private readonly durable: Durable) {}

  /** Does all that the tests do, in a handler. */
  @Handler()
  async all(_ctx: Context): Promise<number> {
    Prints.failures = [];
    const clients = Object.values(durableClients(this.durable));
    for (const client of clients) {
      for (const [, use] of USES) {
        try {
          await use(client);
        } catch (error) {
          Prints.failures.push(error);
        }
      }
    }
    return clients.length * USES.length;
  }
}

/** What code does with any object. */
const USES: readonly [string, (client: object) => unknown][] = [
  ['template text', (client) => `${client as never as string}`],
  ['String()', (client) => String(client)],
  ['+', (client) => (client as never as string) + ''],
  ['unary plus', (client) => +(client as never as number)],
  ['toString()', (client) => client.toString()],
  ['toLocaleString()', (client) => client.toLocaleString()],
  ['valueOf()', (client) => client.valueOf()],
  ['JSON.stringify', (client) => JSON.stringify({ client })],
  ['inspect', (client) => inspect(client, { depth: 4, showHidden: true })],
  ['inspect of the proxy', (client) => inspect(client, { showProxy: true })],
  ['console.log', (client) => format('%s %o %O %j', client, client, client, client)],
  ['spread', (client) => ({ ...client })],
  ['keys', (client) => [Object.keys(client), Object.entries(client), Reflect.ownKeys(client)]],
  [
    'for in',
    (client) => {
      const keys = [];
      for (const key in client) keys.push(key);
      return keys;
    },
  ],
  ['===', (client) => client === client && client == (client as unknown)],
  ['<', (client) => client < USES],
  ['in', (client) => 'say' in client || 'then' in client],
  ['instanceof', (client) => client instanceof Promise],
  ['hasOwnProperty', (client) => Object.prototype.hasOwnProperty.call(client, 'say') || client.hasOwnProperty('say')],
  ['constructor', (client) => client.constructor.name],
  ['prototype', (client) => Object.getPrototypeOf(client) as unknown],
  ['Object.prototype.toString', (client) => Object.prototype.toString.call(client)],
  ['await', async (client) => (await client) === client],
  ['Promise.all', (client) => Promise.all([client])],
  ['Promise.resolve().then', (client) => Promise.resolve().then(() => client)],
  ['resolve', (client) => new Promise((resolve) => resolve(client))],
  ['isDeepStrictEqual', (client) => isDeepStrictEqual(client, {}) || isDeepStrictEqual(client, client)],
  ['toEqual', (client) => expect(client).toEqual(client)],
  ['not.toEqual', (client) => expect(client).not.toEqual({ a: 1 })],
  ['toStrictEqual', (client) => expect(() => expect(client).toStrictEqual({ a: 1 })).toThrow()],
  ['toMatchObject', (client) => expect({ client }).toMatchObject({ client })],
  ['structuredClone', (client) => expect(() => structuredClone({ client })).toThrow(/clone/)],
  ['isObservable', (client) => isObservable(client)],
  ['isPromise', (client) => types.isPromise(client)],
  ['Array.from', (client) => Array.from(client as never)],
  ['a map key', (client) => new Map([[client, 1]]).get(client)],
  ['an unknown name', (client) => Reflect.get(client, 'nobodyHasThis') as unknown],
];

function durableClients({ echo, carts, orders }: Durable): Record<string, object> {
  const order = orders.of('a');
  return {
    client: echo,
    call: echo.call,
    send: echo.send,
    'call of a key': carts.of('a').call,
    'send of a key': carts.of('a').send,
    workflow: order,
    signal: order.signal,
    query: order.query,
  };
}

function ingressClients({ ingress }: ReaTestApp): Record<string, object> {
  const [echo, cart, order] = [ingress.service(Echo), ingress.object(Cart).of('a'), ingress.workflow(Order).of('a')];
  return {
    client: echo,
    call: echo.call,
    send: echo.send,
    attach: echo.attach,
    output: echo.output,
    'call of a key': cart.call,
    'output of a key': cart.output,
    workflow: order,
    signal: order.signal,
    query: order.query,
  };
}

describe('Clients are inert:', { meta: { claim: 'floating-wait' } }, () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Echo, Cart, Order, Durable, Prints] });
  });
  afterAll(() => app?.close());

  describe.each(
    Object.keys(durableClients({ echo: {}, carts: { of: () => ({}) }, orders: { of: () => ({}) } } as never)),
  )('the durable %s', (name) => {
    test.each(USES)('%s', async (_what, use) => {
      await expect(Promise.resolve(use(durableClients(app.get(Durable))[name]!)).then(() => 'used')).resolves.toBe(
        'used',
      );
    });
  });

  describe.each([
    'client',
    'call',
    'send',
    'attach',
    'output',
    'call of a key',
    'output of a key',
    'workflow',
    'signal',
    'query',
  ])('the ingress %s', (name) => {
    test.each(USES)('%s', async (_what, use) => {
      await expect(Promise.resolve(use(ingressClients(app)[name]!)).then(() => 'used')).resolves.toBe('used');
    });
  });

  test('in handlers too', async () => {
    tried(8 * USES.length);
    expect(await app.ingress.service(Prints).call.all(undefined, { idempotencyKey: false })).toBe(8 * USES.length);
    expect(Prints.failures).toEqual([]);
  });

  test('nothing was sent', async () => {
    const called = await app.invocations();
    expect(called.filter(({ target }) => !target.includes('Prints'))).toEqual([]);
  });

  test('they describe themselves', () => {
    const { echo, orders } = app.get(Durable);
    expect(`${echo.call as never as string}`).toBe('[Echo call: say]');
    expect(inspect(orders.of('a').signal)).toBe('[Order signal: approve, view]');
    expect(JSON.stringify({ call: app.ingress.service(Echo).call })).toBe('{"call":"[Echo call: say]"}');
  });

  test('what nobody has is refused where it is awaited, and harmless where it is not', async () => {
    const call = app.ingress.service(Echo).call as never as Record<string, () => Promise<unknown>>;
    void call['nobodyHasThis']!();
    await expect(call['nobodyHasThis']!()).rejects.toMatchObject({ response: { code: 'REA3002' } });
  });
});
