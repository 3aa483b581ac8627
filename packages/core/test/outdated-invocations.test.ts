import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { LoggerService, Type } from '@nestjs/common';
import { Handler, run, Service, VirtualObject } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const retryPolicy = { initialInterval: 100, maxInterval: 100 };

/** What each version does between `charge` and `mail`. */
type Body = (ctx: Context) => Promise<unknown>;

function version(body: Body, handler = 'place', name = 'Orders'): Type {
  @Service({ name, retryPolicy })
  class Orders {
    @Handler({ name: handler })
    async place(ctx: Context): Promise<string> {
      await run(ctx, 'charge', () => 'charged');
      await body(ctx);
      return 'done';
    }
  }
  return Orders;
}

const waits: Body = (ctx) => ctx.sleep({ days: 1 });
const FIRST = version(async (ctx) => {
  await run(ctx, 'pack', () => 'packed');
  await waits(ctx);
});

@VirtualObject({ name: 'Orders', retryPolicy })
class ObjectInstead {
  @Handler()
  async place(_ctx: ObjectContext): Promise<string> {
    return 'object';
  }
}

const lines: string[] = [];
const logger: LoggerService = {
  log: () => {},
  warn: (line: unknown) => void lines.push(String(line)),
  error: (line: unknown) => void lines.push(String(line)),
};
const reports = (code: string) => lines.filter((line) => line.startsWith(code));

const apps: ReaTestApp[] = [];
beforeEach(() => {
  lines.length = 0;
});
afterEach(async () => {
  for (const app of apps.splice(0)) {
    // Nobody will serve what is left, unless it has ended meanwhile.
    for (const { id, status } of await app.invocations())
      if (status !== 'completed') await app.kill(id).catch(() => {});
    await app.close();
  }
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

let count = 0;

/** Orders under way on the first version, and the next one in its place. */
async function replaced(next: Type, orders = 1): Promise<{ app: ReaTestApp; ids: string[] }> {
  count += 1;
  const rea = { namespace: `outdated${process.pid}x${count}`, endpoint: { port: await freePort() } };
  const first = await createTestApp({ providers: [FIRST], rea, nest: { logger: false } });
  const ids: string[] = [];
  for (let order = 0; order < orders; order += 1) {
    const sent = await first.ingress.generic('Orders').send('place', undefined, { idempotencyKey: `o${order}` });
    ids.push(sent.invocationId);
  }
  await expect
    .poll(async () =>
      (await Promise.all(ids.map((id) => first.journal(id)))).map((journal) =>
        journal.some(({ entry_type }) => /sleep/i.test(entry_type)),
      ),
    )
    .toEqual(ids.map(() => true));
  await first.close();
  // The wait of a day is not over: what wakes the orders up is that the server resumes them.
  const app = await createTestApp({ providers: [next], rea, nest: { logger }, failures: 'off' });
  apps.push(app);
  // It reports that it has no effect, which takes it a while.
  for (const id of ids) app.cancel(id).catch(() => {});
  return { app, ids };
}

describe('An invocation whose code has changed', { meta: { claim: 'development' } }, () => {
  test.each<[string, Body]>([
    [
      'a step was added',
      async (ctx) => {
        await run(ctx, 'audit', () => 1);
        await run(ctx, 'pack', () => 1);
        await waits(ctx);
      },
    ],
    [
      'a step was renamed',
      async (ctx) => {
        await run(ctx, 'wrap', () => 1);
        await waits(ctx);
      },
    ],
    ['a step was removed', waits],
    [
      'a step became a wait',
      async (ctx) => {
        await ctx.sleep(1);
        await waits(ctx);
      },
    ],
  ])('is reported once with what to do, when %s', async (_what, body) => {
    const {
      app,
      ids: [id],
    } = await replaced(version(body));
    await expect.poll(() => reports('REA6054')).toHaveLength(1);
    await expect.poll(async () => (await app.invocations('Orders'))[0]?.retry_count).toBeGreaterThan(3);
    const [report, ...others] = reports('REA6054');
    expect(others).toEqual([]);
    expect(report).toContain(id);
    expect(report).toContain('Orders/place');
    expect(report).toContain(`restate invocations kill ${id}`);
    // As the report says: it has been cancelled, and that had no effect.
    await app.kill(id!);
    await expect.poll(async () => (await app.invocations('Orders'))[0]?.status).toBe('completed');
  });

  test.each<[string, Type]>([
    ['handler was renamed', version(waits, 'submit')],
    ['component was renamed', version(waits, 'place', 'Purchases')],
  ])('is reported once with what to do, when its %s', async (_what, next) => {
    const { app, ids } = await replaced(next, 2);
    await expect.poll(() => reports('REA6053')).toHaveLength(2);
    await expect.poll(async () => (await app.invocations('Orders'))[0]?.retry_count).toBeGreaterThan(3);
    expect(reports('REA6053')).toHaveLength(2);
    for (const id of ids) expect(reports('REA6053').join('\n')).toContain(`restate invocations kill ${id}`);
    expect(reports('REA6053')[0]).toContain("@Handler({ name: 'place' })");
    expect(lines.filter((line) => line.includes('found for URL'))).toEqual([]);
  });

  test('is not reported when its code is as before, or goes on after its journal', async () => {
    await replaced(FIRST);
    await replaced(
      version(async (ctx) => {
        await run(ctx, 'pack', () => 'packed');
        await waits(ctx);
        await run(ctx, 'later', () => 1);
      }),
    );
    await expect.poll(async () => (await apps[0]!.invocations('Orders'))[0]?.status).toBe('completed');
    expect([...reports('REA6053'), ...reports('REA6054')]).toEqual([]);
  });

  test('of another kind of component is reported or ends, and nothing is silent', async () => {
    const { app } = await replaced(ObjectInstead);
    await expect
      .poll(async () => {
        const [row] = await app.invocations('Orders');
        return row?.status === 'completed' || reports('REA605').length > 0;
      })
      .toBe(true);
  });
});
