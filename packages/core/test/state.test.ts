import {
  Handler,
  PolicyService,
  run,
  Shared,
  type State,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type {
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { serde } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Scene, Scenes } from './support/scenes.js';

const Amount = z.object({ amount: z.number().nonnegative(), currency: z.string().default('EUR') });
type Amount = z.infer<typeof Amount>;

@VirtualObject({ retryPolicy: { initialInterval: 20 } })
class Account {
  static readonly scenes = new Scenes<ObjectContext, Account>();
  static readonly sharedScenes = new Scenes<ObjectSharedContext, Account>();
  static readonly balance = stateKey<number>('balance', { schema: z.number().nonnegative(), default: () => 0 });
  static readonly owner = stateKey<string>('owner');
  static readonly limit = stateKey<Amount>('limit', { schema: Amount });
  static readonly bytes = stateKey<Uint8Array>('bytes', { serde: serde.binary });

  @Handler()
  async play(ctx: ObjectContext, scene: string): Promise<unknown> {
    return Account.scenes.play(scene, ctx, this);
  }

  @Shared()
  async look(ctx: ObjectSharedContext, scene: string): Promise<unknown> {
    return Account.sharedScenes.play(scene, ctx, this);
  }
}

@Workflow()
class Tracked {
  static readonly phase = stateKey<string>('phase', { default: () => 'new' });

  @WorkflowRun()
  async go(ctx: WorkflowContext, phase: string): Promise<string> {
    state(ctx, Tracked.phase).set(phase);
    return state(ctx, Tracked.phase).get();
  }

  @WorkflowQuery()
  async phase(ctx: WorkflowSharedContext): Promise<string> {
    return state(ctx, Tracked.phase).get();
  }

  @WorkflowQuery()
  async cheat(ctx: WorkflowSharedContext): Promise<string> {
    (state(ctx, Tracked.phase) as State<string, string>).set('forged');
    return 'done';
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Account, Tracked] });
});
afterAll(() => app?.close());
afterEach(() => app.get(PolicyService).set('warn'));

let keys = 0;
const newKey = () => `account-${(keys += 1)}`;

function exclusive<R>(key: string, scene: Scene<ObjectContext, Account, R>): Promise<R> {
  const call = app.ingress.object(Account).of(key).call;
  return call.play(Account.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

function shared<R>(key: string, scene: Scene<ObjectSharedContext, Account, R>): Promise<R> {
  return app.ingress.object(Account).of(key).call.look(Account.sharedScenes.add(scene)) as Promise<R>;
}

describe('State', () => {
  test('is its default, or null, while nothing is stored, and reading stores nothing', async () => {
    const key = newKey();
    const read = async (ctx: ObjectSharedContext) => [
      await state(ctx, Account.balance).get(),
      await state(ctx, Account.owner).get(),
    ];
    expect(await exclusive(key, read)).toEqual([0, null]);
    expect(await shared(key, read)).toEqual([0, null]);
    expect(await app.state('Account', key)).toEqual({});
  });

  test('is what was set, updated and cleared, at once and in later invocations', async () => {
    const key = newKey();
    expect(
      await exclusive(key, async (ctx) => {
        const balance = state(ctx, Account.balance);
        balance.set(10);
        const seen = [await balance.get(), await balance.update((now) => now + 5), await balance.get()];
        state(ctx, Account.owner).set('Ada');
        return seen;
      }),
    ).toEqual([10, 15, 15]);
    expect(await app.state('Account', key)).toEqual({ balance: 15, owner: 'Ada' });
    expect(await exclusive(key, async (ctx) => state(ctx, Account.balance).update((now) => now * 2))).toBe(30);
    expect(
      await exclusive(key, async (ctx) => {
        state(ctx, Account.balance).clear();
        return state(ctx, Account.balance).get();
      }),
    ).toBe(0);
    expect(await shared(key, async (ctx) => state(ctx, Account.balance).get())).toBe(0);
    expect(await app.state('Account', key)).toEqual({ owner: 'Ada' });
  });

  test('belongs to one key', async () => {
    const [one, other] = [newKey(), newKey()];
    await exclusive(one, async (ctx) => state(ctx, Account.balance).set(1));
    expect(await shared(other, async (ctx) => state(ctx, Account.balance).get())).toBe(0);
  });

  test('is updated once, although the handler fails after it and is tried again', async () => {
    const key = newKey();
    let attempts = 0;
    const result = await exclusive(key, async (ctx) => {
      attempts += 1;
      const now = await state(ctx, Account.balance).update((balance) => balance + 1);
      await run(ctx, 'step', () => undefined);
      if (attempts === 1) throw new Error('once');
      return now;
    });
    expect(result).toBe(1);
    expect(attempts).toBeGreaterThan(1);
    expect(await app.state('Account', key)).toEqual({ balance: 1 });
  });

  test('of a workflow is written by its run and read by its queries', async () => {
    const flow = app.ingress.workflow(Tracked).of(newKey());
    expect(await (await flow.submit('packed')).attach()).toBe('packed');
    expect(await flow.query.phase()).toBe('packed');
  });

  test('has the format of its serde', async () => {
    const key = newKey();
    await exclusive(key, async (ctx) => state(ctx, Account.bytes).set(new Uint8Array([1, 2])));
    expect(
      await shared(key, async (ctx) => {
        const bytes = await state(ctx, Account.bytes).get();
        return bytes instanceof Uint8Array && [...bytes];
      }),
    ).toEqual([1, 2]);
  });
});

describe('The schema of a state', () => {
  const invalid = { status: 500, response: { code: 'REA2010', message: expect.stringContaining('balance') } };

  test.each<[string, (balance: State<number, number>) => unknown]>([
    ['set', (balance) => balance.set(-1)],
    ['update', (balance) => balance.update(() => -1)],
  ])('refuses a wrong value in %s, terminally, and keeps what was stored', async (_verb, write) => {
    const key = newKey();
    let attempts = 0;
    await exclusive(key, async (ctx) => state(ctx, Account.balance).set(3));
    await expect(
      exclusive(key, async (ctx) => {
        attempts += 1;
        await ctx.get('balance');
        await write(state(ctx, Account.balance));
      }),
    ).rejects.toMatchObject(invalid);
    expect(attempts).toBeLessThanOrEqual(2);
    expect(await app.state('Account', key)).toEqual({ balance: 3 });
  });

  test('fills in its defaults before the value is stored', async () => {
    const key = newKey();
    await exclusive(key, async (ctx) => state(ctx, Account.limit).set({ amount: 1 } as Amount));
    expect(await app.state('Account', key)).toEqual({ limit: { amount: 1, currency: 'EUR' } });
  });

  test('refuses a wrong value that is stored already, where it is read', async () => {
    const key = newKey();
    await exclusive(key, async (ctx) => ctx.set('balance', 'much'));
    await expect(shared(key, async (ctx) => state(ctx, Account.balance).get())).rejects.toMatchObject(invalid);
  });
});

describe('A shared handler', () => {
  const refused = {
    status: 500,
    response: { code: 'REA2002', message: expect.stringMatching(/shared-write: .* in \S*Account\/look\./) },
  };

  test.each<['warn' | 'strict', string, (ctx: ObjectContext) => void]>(
    (['warn', 'strict'] as const).flatMap((mode): ['warn' | 'strict', string, (ctx: ObjectContext) => void][] => [
      [mode, 'state().set', (ctx) => state(ctx, Account.balance).set(1)],
      [mode, 'state().clear', (ctx) => state(ctx, Account.balance).clear()],
      [mode, 'ctx.set', (ctx) => ctx.set('balance', 1)],
      [mode, 'ctx.clear', (ctx) => ctx.clear('balance')],
      [mode, 'ctx.clearAll', (ctx) => ctx.clearAll()],
    ]),
  )('is refused in mode %s to write with %s', async (mode, _verb, write) => {
    app.get(PolicyService).set(mode);
    const key = newKey();
    await exclusive(key, async (ctx) => state(ctx, Account.balance).set(7));
    let attempts = 0;
    await expect(
      shared(key, async (ctx) => {
        attempts += 1;
        write(ctx as ObjectContext);
      }),
    ).rejects.toMatchObject(refused);
    expect(attempts).toBe(1);
    expect(await app.state('Account', key)).toEqual({ balance: 7 });
  });

  test('is refused to update, after it has read', async () => {
    const key = newKey();
    await expect(
      shared(key, async (ctx) => state(ctx as ObjectContext, Account.balance).update((now) => now + 1)),
    ).rejects.toMatchObject(refused);
    expect(await app.state('Account', key)).toEqual({});
  });

  test('of a workflow is refused to write, too', async () => {
    await expect(app.ingress.workflow(Tracked).of(newKey()).query.cheat()).rejects.toMatchObject({
      response: { code: 'REA2002' },
    });
  });

  test('may read state keys and all state', async () => {
    const key = newKey();
    await exclusive(key, async (ctx) => state(ctx, Account.balance).set(7));
    expect(await shared(key, async (ctx) => [await ctx.stateKeys(), await ctx.get('balance'), ctx.key])).toEqual([
      ['balance'],
      7,
      key,
    ]);
  });
});
