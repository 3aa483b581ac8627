import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Handler, InjectClient, run, Service, type ServiceClient } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, Request } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Scene, Scenes } from './support/scenes.js';

/** What was made, in order. */
const made: string[] = [];

/** Made per request, at the bottom of the tree. */
@Injectable({ scope: Scope.REQUEST })
class Tenant {
  constructor(@Inject(REQUEST) readonly request: Request) {
    made.push('Tenant');
  }
}

/** Not request-scoped by themselves: they become so by what they depend on. */
@Injectable()
class Prices {
  constructor(readonly tenant: Tenant) {}
}
@Injectable()
class Catalog {
  constructor(
    readonly prices: Prices,
    readonly tenant: Tenant,
  ) {}
}
@Module({ providers: [Tenant, Prices, Catalog], exports: [Catalog] })
class CatalogModule {}

/** One for all. */
@Injectable()
class Clock {
  constructor() {
    made.push('Clock');
  }
}

@Service()
class Echo {
  constructor() {
    made.push('Echo');
  }

  @Handler()
  async say(_ctx: Context, text: string): Promise<string> {
    return text;
  }
}

@Service({ retryPolicy: { initialInterval: 10 } })
class Scoped {
  static readonly scenes = new Scenes<Context, Scoped>();
  /** What a handler leaves on its instance is gone in the next attempt. */
  note: string | undefined;

  constructor(
    readonly catalog: Catalog,
    readonly clock: Clock,
    @InjectClient(Echo) readonly echo: ServiceClient<Echo>,
  ) {
    made.push('Scoped');
  }

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Scoped.scenes.play(scene, ctx, this);
  }

  @Handler({ inactivityTimeout: 0 })
  async restless(ctx: Context, scene: string): Promise<unknown> {
    return Scoped.scenes.play(scene, ctx, this);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ imports: [CatalogModule], providers: [Clock, Echo, Scoped] });
});
afterAll(() => app?.close());
beforeEach(() => {
  made.length = 0;
});

function inHandler<R>(
  scene: Scene<Context, Scoped, R>,
  options: { headers?: Record<string, string> } = {},
  verb: 'play' | 'restless' = 'play',
): Promise<R> {
  const name = Scoped.scenes.add(scene);
  return app.ingress.service(Scoped).call[verb](name, { idempotencyKey: false, ...options }) as Promise<R>;
}

test('REQUEST is the request of the invocation, deep in the tree', async () => {
  const [ids, header] = await inHandler(
    async (ctx, { catalog }): Promise<[string[], string | undefined]> => [
      [catalog.prices.tenant.request.id, ctx.request().id],
      catalog.prices.tenant.request.headers.get('x-tenant'),
    ],
    { headers: { 'x-tenant': 'acme' } },
  );
  expect(ids).toEqual([expect.stringMatching(/^inv_/), ids[0]]);
  expect(header).toBe('acme');
});

test('A request-scoped provider is one instance within an attempt, and what is not is one for all', async () => {
  const clock = app.get(Clock);
  expect(
    await inHandler(async (_ctx, self) => [self.catalog.tenant === self.catalog.prices.tenant, self.clock === clock]),
  ).toEqual([true, true]);
  expect(made).toEqual(['Tenant', 'Scoped']);
});

test('Each attempt has an instance of its own', async () => {
  const instances: Scoped[] = [];
  const notes: (string | undefined)[] = [];
  await inHandler(async (_ctx, self) => {
    notes.push(self.note);
    self.note = 'left behind';
    instances.push(self);
    if (instances.length < 3) throw new Error('again');
  });
  expect(notes).toEqual([undefined, undefined, undefined]);
  expect(new Set(instances).size).toBe(3);
  expect(new Set(instances.map(({ catalog }) => catalog.tenant)).size).toBe(3);
  expect(new Set(instances.map(({ catalog }) => catalog.tenant.request.id)).size).toBe(1);
  expect(made).toEqual(['Tenant', 'Scoped', 'Tenant', 'Scoped', 'Tenant', 'Scoped']);
});

test('After a suspension there is an instance of its own too, and the run before it is not repeated', async () => {
  const instances = new Set<Scoped>();
  let runs = 0;
  await inHandler(
    async (ctx, self) => {
      instances.add(self);
      await run(ctx, 'effect', () => (runs += 1));
      await ctx.sleep(300);
    },
    {},
    'restless',
  );
  expect(instances.size).toBeGreaterThanOrEqual(2);
  expect(runs).toBe(1);
});

test('Invocations at the same time do not see each other', async () => {
  const tenants = Array.from({ length: 20 }, (_, index) => `tenant-${index}`);
  const seen = await Promise.all(
    tenants.map((tenant) =>
      inHandler(
        async (ctx, { catalog }) => {
          const before = catalog.tenant.request.headers.get('x-tenant');
          await ctx.sleep(20);
          return [before, catalog.prices.tenant.request.headers.get('x-tenant')];
        },
        { headers: { 'x-tenant': tenant } },
      ),
    ),
  );
  expect(seen).toEqual(tenants.map((tenant) => [tenant, tenant]));
});

test('Durable clients work in a request-scoped component, and the component that they call is one for all', async () => {
  expect(await inHandler((_ctx, { echo }) => echo.call.say('hello'))).toBe('hello');
  expect(made.filter((name) => name === 'Echo')).toEqual([]);
});
