import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BadRequestException, Controller, Get, Inject, Injectable, Scope } from '@nestjs/common';
import {
  type ContextId,
  ContextIdFactory,
  type ContextIdStrategy,
  type HostComponentInfo,
  REQUEST,
} from '@nestjs/core';
import { Handler, type HandlerRequest, InjectClient, Service, type ServiceClient } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, Request } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

/** As Nest's documentation has it: providers that declare themselves durable are shared by the calls of a tenant. */
class ByTenant implements ContextIdStrategy {
  readonly seen: HandlerRequest[] = [];
  private readonly tenants = new Map<string, ContextId>();

  attach(contextId: ContextId, request: HandlerRequest) {
    this.seen.push(request);
    const tenantId = request.headers['x-tenant'] ?? 'nobody';
    if (tenantId === 'unknown') throw new BadRequestException('There is no such tenant.');
    const tenant = this.tenants.get(tenantId) ?? ContextIdFactory.create();
    this.tenants.set(tenantId, tenant);
    return {
      resolve: (info: HostComponentInfo) => (info.isTreeDurable ? tenant : contextId),
      payload: { tenantId },
    };
  }
}

const pools: string[] = [];
const helpers: WeakRef<object>[] = [];

@Injectable({ scope: Scope.REQUEST, durable: true })
class Pool {
  readonly number = pools.length;

  constructor(@Inject(REQUEST) readonly payload: { readonly tenantId: string }) {
    pools.push(payload.tenantId);
  }
}

/** Durable, since all it depends on is. */
@Service()
class Shared {
  calls = 0;

  constructor(readonly pool: Pool) {}

  @Handler()
  async call(ctx: Context): Promise<{ tenant: string; pool: number; calls: number }> {
    await ctx.sleep(1);
    this.calls += 1;
    return { tenant: this.pool.payload.tenantId, pool: this.pool.number, calls: this.calls };
  }
}

@Injectable({ scope: Scope.REQUEST })
class OwnRequest {
  constructor(@Inject(REQUEST) readonly request: Request & { readonly tenantId: string }) {
    helpers.push(new WeakRef(this));
  }
}

/** Made for each attempt, with a pool that is not. */
@Service()
class Mixed {
  calls = 0;

  constructor(
    readonly pool: Pool,
    readonly own: OwnRequest,
  ) {}

  @Handler()
  async call(ctx: Context): Promise<unknown> {
    this.calls += 1;
    const { request } = this.own;
    return {
      pool: this.pool.number,
      calls: this.calls,
      tenant: request.tenantId,
      header: request.headers.get('x-tenant'),
      isOwn: request.id === ctx.request().id,
    };
  }
}

/** Calls on behalf of its caller. */
@Service()
class Relay {
  constructor(@InjectClient(Shared) private readonly shared: ServiceClient<Shared>) {}

  @Handler()
  async call(ctx: Context): Promise<{ pool: number }> {
    return this.shared.call.call(undefined, { headers: { 'X-Tenant': ctx.request().headers.get('x-tenant')! } });
  }
}

@Controller('pool')
class PoolController {
  constructor(private readonly pool: Pool) {}

  @Get()
  read(): number {
    return this.pool.number;
  }
}

const as = (tenant: string) => ({ idempotencyKey: false, headers: { 'x-tenant': tenant } }) as const;

describe('Durable providers', { meta: { claim: 'durable-providers' } }, () => {
  let app: ReaTestApp;
  let strategy: ByTenant;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Pool, OwnRequest, Shared, Mixed, Relay], controllers: [PoolController] });
    await app.app.listen(0);
  });
  afterAll(async () => {
    ContextIdFactory.apply(undefined as never);
    await app?.close();
  });
  beforeEach(() => {
    pools.length = 0;
    strategy = new ByTenant();
    ContextIdFactory.apply(strategy);
  });

  test('are one for each tenant, over attempts, handlers and HTTP', async () => {
    const handler = app.ingress.service(Shared).call;
    const first = await handler.call(undefined, as('acme'));
    const second = await handler.call(undefined, as('acme'));
    expect(second).toMatchObject({ tenant: 'acme', pool: first.pool });
    expect(second.calls).toBeGreaterThan(first.calls);
    expect(await handler.call(undefined, as('other'))).toMatchObject({ tenant: 'other', pool: first.pool + 1 });
    expect(await app.ingress.service(Relay).call.call(undefined, as('acme'))).toMatchObject({ pool: first.pool });
    const { port } = app.app.getHttpServer().address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/pool`, { headers: { 'x-tenant': 'acme' } });
    expect(Number(await answer.text())).toBe(first.pool);
    expect(pools).toEqual(['acme', 'other']);
  });

  test('stay shared in a component that is made for each attempt, which gets its own request', async () => {
    const handler = app.ingress.service(Mixed).call;
    const expected = { pool: 0, calls: 1, tenant: 'acme', header: 'acme', isOwn: true };
    expect(await handler.call(undefined, as('acme'))).toEqual(expected);
    expect(await handler.call(undefined, as('acme'))).toEqual(expected);
    expect(pools).toEqual(['acme']);
  });

  test('are chosen by the headers, the id and the target of the call', async () => {
    await app.ingress.service(Mixed).call.call(undefined, as('acme'));
    expect(strategy.seen[0]).toEqual({
      headers: expect.objectContaining({ 'x-tenant': 'acme' }),
      id: expect.stringMatching(/^inv_/),
      target: `${app.namespace}.Mixed/call`,
    });
  });

  test('fail the call where the strategy refuses it', async () => {
    await expect(app.ingress.service(Shared).call.call(undefined, as('unknown'))).rejects.toMatchObject({
      status: 400,
    });
  });

  test('are made anew for each attempt without a strategy', async () => {
    ContextIdFactory.apply(undefined as never);
    const { call } = app.ingress.service(Mixed).call;
    const results = await Promise.all([call(undefined, as('acme')), call(undefined, as('acme'))]);
    const [first, second] = results as { pool: number }[];
    expect(first!.pool).not.toBe(second!.pool);
    expect(pools.length).toBeGreaterThanOrEqual(2);
  });

  test('do not grow with the number of invocations: 1,000 of 3 tenants', { timeout: 60_000 }, async () => {
    const tenants = ['acme', 'other', 'third'];
    const { call: shared } = app.ingress.service(Shared);
    const { call: mixed } = app.ingress.service(Mixed);
    helpers.length = 0;
    for (let batch = 0; batch < 20; batch += 1) {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          n % 2 === 0 ? shared.call(undefined, as(tenants[n % 3]!)) : mixed.call(undefined, as(tenants[n % 3]!)),
        ),
      );
    }
    expect(pools.toSorted()).toEqual(tenants);
    expect(helpers.length).toBeGreaterThanOrEqual(500);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await expect
      .poll(() => {
        collect();
        return helpers.filter((helper) => helper.deref()).length;
      })
      .toBeLessThan(100);
  });
});
