import { EndpointSecurity, Handler, InjectClient, ReaEvents, run, Service, VirtualObject } from '@rea/core';
import type { ObjectClient } from '@rea/core';
import { createIdentityKey, RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { expect, test } from 'vitest';
import { seen } from '../../../../test/support/seen.js';

const REQUESTS = 5_000;
const CONNECTIONS = 50;

const failures = new Set<string>();

@VirtualObject()
class Shelf {
  @Handler()
  async put(_ctx: ObjectContext, item: number): Promise<number> {
    return item;
  }
}

@Service({ retryPolicy: { initialInterval: 1 } })
class Work {
  constructor(@InjectClient(Shelf) private readonly shelves: ObjectClient<Shelf>) {}

  @Handler()
  async plain(_ctx: Context, item: number): Promise<number> {
    return item;
  }

  /** Fails once, and is tried again at once: within the second, under the same token. */
  @Handler()
  async failing(ctx: Context, item: number): Promise<number> {
    const id = ctx.request().id;
    const done = await run(ctx, 'work', () => item);
    if (failures.has(id)) return done;
    failures.add(id);
    throw new Error('fails once');
  }

  /** Suspends twice. */
  @Handler({ inactivityTimeout: 0 })
  async sleepy(ctx: Context, item: number): Promise<number> {
    await ctx.sleep(1);
    await ctx.sleep(1);
    return item;
  }

  @Handler({ inactivityTimeout: 0 })
  async calling(_ctx: Context, item: number): Promise<number> {
    return this.shelves.of(`shelf-${item % 97}`).call.put(item);
  }
}

const KINDS = ['plain', 'failing', 'sleepy', 'calling'] as const;

test(`${REQUESTS} honest requests at ${CONNECTIONS} connections lose none`, { timeout: 180_000 }, async () => {
  const key = await createIdentityKey();
  await using server = await RestateServer.start({ identityKey: key });
  await using app = await createTestApp({
    providers: [Work, Shelf],
    server,
    rea: { endpoint: { security: { identityKeys: [key.publicKey] } } },
  });
  const tally = new Map<string, number>();
  const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
  app.get(ReaEvents).on('attempt-ended', ({ outcome }) => count(outcome));
  const began = performance.now();
  await inParallel(app);
  const seconds = (performance.now() - began) / 1_000;

  const refused = app.get(EndpointSecurity).counts();
  const [{ attempts } = { attempts: 0 }] = await app.query<{ attempts: number }>(
    `select sum(retry_count) as attempts from sys_invocation where target_service_name like '${app.namespace}.%'`,
  );
  seen(
    `${REQUESTS} requests at ${CONNECTIONS} connections in ${seconds.toFixed(1)} s: ${REQUESTS} answered, ` +
      `attempts ${[...tally].map(([outcome, times]) => `${times} ${outcome}`).join(', ')}; ` +
      `refused ${JSON.stringify(refused)}; retry_count of the server ${attempts}`,
  );
  expect(tally.get('suspended')).toBeGreaterThan(REQUESTS / 4);
  expect(tally.get('retrying')).toBe(REQUESTS / 4);
  // Only the exact same request may be taken for a replay, and that costs a retry.
  expect(Object.keys(refused).filter((reason) => reason !== 'replayed')).toEqual([]);
  expect(refused.replayed ?? 0).toBeLessThan(REQUESTS / 1_000);
});

/** Every request is answered, and rightly. */
async function inParallel(app: ReaTestApp): Promise<void> {
  const { call } = app.ingress.service(Work);
  let next = 0;
  const connection = async () => {
    while (next < REQUESTS) {
      const item = next;
      next += 1;
      const kind = KINDS[item % KINDS.length]!;
      expect(await call[kind](item, { idempotencyKey: `${kind}-${item}` })).toBe(item);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
}

test('an honest duplicate costs at most one retry: pausing and resuming within a second', async () => {
  const key = await createIdentityKey();
  await using server = await RestateServer.start({ identityKey: key });
  await using app = await createTestApp({
    providers: [Work, Shelf],
    server,
    rea: { endpoint: { security: { identityKeys: [key.publicKey] } } },
  });
  const { call, send } = app.ingress.service(Work);
  const sent = await Promise.all(
    Array.from({ length: 60 }, (_, item) => send.sleepy(item, { idempotencyKey: `paused-${item}` })),
  );
  const command = (id: string, verb: string) =>
    fetch(`${server.adminUrl}/invocations/${id}/${verb}`, { method: 'PATCH' });
  await Promise.all(
    sent.map(async ({ invocationId }) => {
      await command(invocationId, 'pause');
      await command(invocationId, 'resume');
    }),
  );
  const results = sent.map(async ({ invocationId }, item) => {
    // A pause that comes late leaves it paused.
    await expect
      .poll(async () => (await app.invocations()).find(({ id }) => id === invocationId)?.status, { timeout: 20_000 })
      .toMatch(/completed|paused/);
    await command(invocationId, 'resume');
    return call.sleepy(item, { idempotencyKey: `paused-${item}` });
  });
  expect(await Promise.all(results)).toEqual(sent.map((_, item) => item));
  const { replayed = 0, ...others } = app.get(EndpointSecurity).counts();
  seen(`60 invocations paused and resumed: all completed, ${replayed} refusals as replays, each retried`);
  expect(others).toEqual({});
});
