import { inspect } from 'node:util';
import {
  getClientToken,
  Handler,
  InjectClient,
  type ObjectClient,
  Service,
  type ServiceClient,
  Shared,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowQuery,
  WorkflowRun,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '../../../test/support/claim.js';

@Service()
class Shop {
  @Handler()
  async price(_ctx: Context): Promise<number> {
    return 2;
  }
}

@VirtualObject()
class Cart {
  @Handler()
  async add(_ctx: ObjectContext): Promise<number> {
    return 1;
  }
  @Shared()
  async view(_ctx: ObjectSharedContext): Promise<number> {
    return 1;
  }
}

@Workflow()
class Order {
  @WorkflowRun()
  async place(_ctx: WorkflowContext): Promise<string> {
    return 'placed';
  }
  @WorkflowQuery()
  async state(_ctx: WorkflowSharedContext): Promise<string> {
    return 'open';
  }
}

/** Any client, used as if it were any other: a cast, JavaScript, an injection whose type says something else. */
type AnyVerbs = Record<string, Record<string, (input?: unknown) => Promise<unknown>>> & {
  of(key: string): Record<string, Record<string, (input?: unknown) => Promise<unknown>>>;
};
type Use = (client: AnyVerbs) => unknown;

/** Wrong uses, by the kind of the client. */
const WRONG: Readonly<Record<'Shop' | 'Cart' | 'Order', readonly [string, Use][]>> = {
  Shop: [
    ['of', (client) => client.of('k')['call']!['price']!()],
    ['submit', (client) => (client['submit'] as unknown as () => unknown)()],
    ['signal', (client) => client['signal']!['x']!()],
    ['query', (client) => client['query']!['x']!()],
    ['status', (client) => (client['status'] as unknown as () => unknown)()],
  ],
  Cart: [
    ['call', (client) => client['call']!['add']!()],
    ['send', (client) => client['send']!['add']!()],
    ['submit', (client) => (client.of('k')['submit'] as unknown as () => unknown)()],
    ['query', (client) => client.of('k')['query']!['view']!()],
    ['signal', (client) => client.of('k')['signal']!['view']!()],
    ['status', (client) => (client.of('k')['status'] as unknown as () => unknown)()],
  ],
  Order: [
    ['call', (client) => client['call']!['place']!()],
    ['send', (client) => client['send']!['place']!()],
    ['submit', (client) => (client['submit'] as unknown as () => unknown)()],
    ['call', (client) => client.of('id')['call']!['state']!()],
    ['send', (client) => client.of('id')['send']!['place']!()],
  ],
};
const USES = Object.entries(WRONG).flatMap(([name, uses]) =>
  uses.map(([verb, use], index) => ({ name: name as keyof typeof WRONG, verb, use, index })),
);

@Service({ retryPolicy: { initialInterval: 20, maxInterval: 50, maxAttempts: 3, onMaxAttempts: 'kill' } })
class Misuser {
  static attempts = 0;
  private readonly clients: Readonly<Record<keyof typeof WRONG, unknown>>;

  constructor(
    @InjectClient(Shop) shops: ServiceClient<Shop>,
    @InjectClient(Cart) carts: ObjectClient<Cart>,
    @InjectClient(Order) orders: WorkflowClient<Order>,
  ) {
    this.clients = { Shop: shops, Cart: carts, Order: orders };
  }

  @Handler()
  async misuse(_ctx: Context, { name, index }: { name: keyof typeof WRONG; index: number }): Promise<void> {
    Misuser.attempts += 1;
    await WRONG[name][index]![1](this.clients[name] as AnyVerbs);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Shop, Cart, Order, Misuser] });
});
afterAll(() => app?.close());

describe('A client that is used as one of another kind', { meta: { claim: 'client-kinds' } }, () => {
  test.for(USES)('is refused in a handler, in words and in one attempt: $verb of $name ($index)', async (use) => {
    Misuser.attempts = 0;
    const { name, verb, index } = use;
    await expect(
      app.ingress.service(Misuser).call.misuse({ name, index }, { idempotencyKey: false }),
    ).rejects.toMatchObject({
      code: 'REA7083',
      message: expect.stringMatching(new RegExp(`^REA7083: ${name} is a .*, so its client has no "${verb}"\\.`)),
    });
    expect(Misuser.attempts).toBe(1);
  });

  test.for(USES)('is refused at the ingress: $verb of $name ($index)', async ({ name, verb, use }) => {
    const { ingress } = app;
    const clients = { Shop: ingress.service(Shop), Cart: ingress.object(Cart), Order: ingress.workflow(Order) };
    const used = async () => use(clients[name] as unknown as AnyVerbs);
    await expect(used()).rejects.toMatchObject({
      status: 500,
      code: 'REA7083',
      message: expect.stringContaining(`so its client has no "${verb}".`),
    });
  });

  test('prints, spreads and compares as what it is', () => {
    for (const [target, verbs] of [
      [Shop, ['call', 'send']],
      [Cart, ['of']],
      [Order, ['of']],
    ] as const) {
      const client = app.get<object>(getClientToken(target));
      expect(Object.keys({ ...client })).toEqual(verbs);
      expect(inspect(client)).toContain(verbs[0]);
      expect(client).toEqual(client);
      expect(JSON.stringify(client)).toBeTypeOf('string');
    }
  });
});
