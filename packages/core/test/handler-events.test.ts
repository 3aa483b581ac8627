import {
  Handler,
  InjectClient,
  now,
  type ObjectClient,
  ReaEvents,
  type ReaEventType,
  run,
  Service,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  WorkflowRun,
} from '@rea/core';
import { oncePerInvocation } from '@rea/core/internal';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, type ObjectContext, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.js';
import { type Scene, Scenes } from './support/scenes.js';

@VirtualObject({ retryPolicy: { initialInterval: 10 } })
class Shelf {
  static readonly scenes = new Scenes<ObjectContext, Shelf>();

  constructor(@InjectClient(() => Shelf) readonly shelves: ObjectClient<Shelf>) {}

  @Handler()
  async play(ctx: ObjectContext, scene: string): Promise<unknown> {
    return Shelf.scenes.play(scene, ctx, this);
  }

  @Handler()
  async greet(_ctx: ObjectContext, name: string): Promise<string> {
    return name;
  }
}

@Service({ retryPolicy: { initialInterval: 10 } })
class Desk {
  static readonly scenes = new Scenes<Context, Desk>();

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Desk.scenes.play(scene, ctx, this);
  }
}

@Workflow({ retention: { days: 1 } })
class Trip {
  @WorkflowRun()
  async go(ctx: WorkflowContext, fails: boolean): Promise<string> {
    await ctx.sleep(1);
    if (fails) throw new TerminalError('no trip');
    return 'there';
  }
}

const TYPES: readonly ReaEventType[] = [
  'invocation-started',
  'invocation-ended',
  'workflow-started',
  'workflow-ended',
  'error',
  'run-ended',
  'state-get',
  'state-set',
  'state-cleared',
  'client-called',
  'violation',
];

let app: ReaTestApp;
let heard: { readonly type: ReaEventType; readonly payload: Record<string, unknown> }[] = [];
beforeAll(async () => {
  app = await createTestApp({ providers: [Shelf, Desk, Trip] });
  for (const type of TYPES) app.get(ReaEvents).on(type, (payload) => heard.push({ type, payload: { ...payload } }));
});
afterAll(() => app?.close());
beforeEach(() => {
  heard = [];
});

function onShelf(key: string, scene: Scene<ObjectContext, Shelf>): Promise<unknown> {
  return app.ingress.object(Shelf).of(key).call.play(Shelf.scenes.add(scene), { idempotencyKey: false });
}

function atDesk(scene: Scene<Context, Desk>): Promise<unknown> {
  return app.ingress.service(Desk).call.play(Desk.scenes.add(scene), { idempotencyKey: false });
}

/** Fails the handler once, in its first attempt that gets there. */
function failingOnce(): () => void {
  let failed = false;
  return () => {
    if (failed) return;
    failed = true;
    throw new Error('once');
  };
}

async function typesUntil(last: ReaEventType): Promise<ReaEventType[]> {
  return eventually(() => {
    const types = heard.map(({ type }) => type);
    expect(types).toContain(last);
    return types;
  });
}

function payloads(type: ReaEventType): Record<string, unknown>[] {
  return heard.filter((each) => each.type === type).map(({ payload }) => payload);
}

describe('An invocation', () => {
  test('starts once and ends once, however often it is tried without a journal', async () => {
    let attempts = 0;
    await atDesk(async () => {
      attempts += 1;
      if (attempts < 3) throw new Error('again');
    });
    expect(await typesUntil('invocation-ended')).toEqual(['invocation-started', 'error', 'error', 'invocation-ended']);
    expect(payloads('error')).toMatchObject([{ retryable: true }, { retryable: true, error: { message: 'again' } }]);
    expect(payloads('invocation-ended')).toMatchObject([
      { service: 'Desk', handler: 'play', plane: 'data', outcome: 'completed' },
    ]);
  });

  test('that fails ends with its error', async () => {
    await atDesk(async (ctx) => {
      await ctx.sleep(1);
      throw new TerminalError('no', { errorCode: 422 });
    }).catch(() => undefined);
    expect(await typesUntil('invocation-ended')).toEqual(['invocation-started', 'error', 'invocation-ended']);
    expect(payloads('error')).toMatchObject([{ retryable: false, error: { message: 'no' } }]);
    expect(payloads('invocation-ended')).toMatchObject([{ outcome: 'failed', error: { code: 422 } }]);
  });

  test('of a workflow tells of the workflow too', async () => {
    const trips = app.ingress.workflow(Trip);
    await trips.of('far').submit(false);
    await trips.of('nowhere').submit(true);
    await eventually(() => expect(payloads('workflow-ended')).toHaveLength(2));
    expect(payloads('workflow-started').map(({ key }) => key)).toEqual(expect.arrayContaining(['far', 'nowhere']));
    expect(payloads('workflow-started')).toHaveLength(2);
    expect(payloads('workflow-ended')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: 'far', outcome: 'completed', plane: 'control' }),
        expect.objectContaining({ key: 'nowhere', outcome: 'failed' }),
      ]),
    );
    expect(payloads('state-set')).toEqual([]); // what Rea notes itself is not the workflow's doing
  });
});

describe('A run', () => {
  test('is told by try, and not by replay', async () => {
    const fail = failingOnce();
    const failLater = failingOnce();
    await atDesk(async (ctx) => {
      await run(ctx, 'flaky', fail);
      await now(ctx);
      await ctx.sleep(1);
      failLater();
      await run(ctx, 'refused', () => {
        throw new TerminalError('no');
      }).catch(() => undefined);
    });
    await typesUntil('invocation-ended');
    expect(payloads('run-ended')).toMatchObject([
      { name: 'flaky', outcome: 'retrying', error: { message: 'once' } },
      { name: 'flaky', outcome: 'done', durationMs: expect.any(Number), service: 'Desk' },
      { name: 'refused', outcome: 'failed' },
    ]);
  });
});

describe('State', () => {
  const lines = stateKey<string[]>('lines', { default: () => [] });

  test('is told as it is read, written and cleared, once', async () => {
    const fail = failingOnce();
    await onShelf('told', async (ctx) => {
      await state(ctx, lines).update((current) => [...current, 'abc']);
      ctx.set('plain', 'xy');
      await ctx.sleep(1);
      fail();
      state(ctx, lines).clear();
      ctx.clearAll();
    });
    await typesUntil('invocation-ended');
    expect(payloads('state-get')).toMatchObject([{ name: 'lines', service: 'Shelf', key: 'told', plane: 'control' }]);
    expect(payloads('state-set')).toMatchObject([
      { name: 'lines', bytes: '["abc"]'.length },
      { name: 'plain', bytes: '"xy"'.length },
    ]);
    const cleared = payloads('state-cleared');
    expect(cleared.map(({ name }) => name)).toEqual(['lines', undefined]);
  });

  test('is told and stored alike without guardrails', async () => {
    await using bare = await createTestApp({ providers: [Shelf], rea: { policy: 'disabled' } });
    const bytes: number[] = [];
    bare.get(ReaEvents).on('state-set', (payload) => bytes.push(payload.bytes));
    await bare.ingress
      .object(Shelf)
      .of('bare')
      .call.play(
        Shelf.scenes.add(async (ctx) => ctx.set('plain', 'xyz')),
        { idempotencyKey: false },
      );
    await eventually(() => expect(bytes).toEqual([5]));
    expect(await bare.state('Shelf', 'bare')).toEqual({ plain: 'xyz' });
  });
});

test('A durable client is told once by call and message', async () => {
  const fail = failingOnce();
  await onShelf('caller', async (ctx, { shelves }) => {
    await shelves.of('called').call.greet('Ada');
    shelves.of('called').send.greet('Ada');
    await ctx.sleep(1);
    fail();
  });
  await eventually(() => expect(payloads('invocation-ended')).toHaveLength(3));
  const target = { service: 'Shelf', handler: 'greet' };
  expect(payloads('client-called')).toMatchObject([
    { verb: 'call', target, service: 'Shelf', handler: 'play', key: 'caller' },
    { verb: 'send', target },
  ]);
});

test('A violation is told once, not again on a replay', async () => {
  const fail = failingOnce();
  await onShelf('strict', async (ctx) => {
    await ctx
      .awakeable<string>()
      .promise.orTimeout(1)
      .catch(() => undefined);
    await ctx.sleep(1);
    fail();
  });
  await typesUntil('invocation-ended');
  expect(payloads('violation').map(({ rule }) => (rule as { id: string }).id)).toEqual(['blocking-exclusive']);
});

describe('What is done once per invocation', () => {
  test('is done once, whatever follows it and however often the handler runs', async () => {
    const done: string[] = [];
    const count = (what: string) => oncePerInvocation(() => void done.push(what));
    const fails = [failingOnce(), failingOnce(), failingOnce()];
    await atDesk(async (ctx) => {
      count('before any command');
      fails[0]!();
      await run(ctx, 'a', () => 1);
      count('before a failure');
      fails[1]!();
      count('after a failure');
      await ctx.sleep(1);
      count('after a wait');
      fails[2]!();
      count('at the end');
    });
    await typesUntil('invocation-ended');
    expect(done).toEqual(['before any command', 'before a failure', 'after a failure', 'after a wait', 'at the end']);
  });

  test('is done when the handler goes on, not first when it ends', async () => {
    const done = Promise.withResolvers<void>();
    await atDesk(async (ctx) => {
      oncePerInvocation(done.resolve);
      await run(ctx, 'wait for it', () => done.promise);
    });
    await expect(done.promise).resolves.toBeUndefined();
  });

  test('in a run is done for the try that succeeds', async () => {
    const done: number[] = [];
    let tries = 0;
    const fail = failingOnce();
    await atDesk(async (ctx) => {
      await run(ctx, 'a', () => {
        tries += 1;
        const mine = tries;
        oncePerInvocation(() => void done.push(mine));
        if (mine < 3) throw new Error('again');
      });
      await ctx.sleep(1);
      fail();
    });
    expect(done).toEqual([3]);
  });

  test('is done of an invocation that fails, and of one that is cancelled', async () => {
    const done: string[] = [];
    await atDesk(async () => {
      oncePerInvocation(() => void done.push('failed'));
      throw new TerminalError('no');
    }).catch(() => undefined);
    const id = Promise.withResolvers<string>();
    const cancelled = atDesk(async (ctx) => {
      id.resolve(ctx.request().id);
      await ctx.sleep(60_000).catch((error: unknown) => {
        oncePerInvocation(() => void done.push('cancelled'));
        throw error;
      });
    }).catch(() => undefined);
    await app.cancel(await id.promise);
    await cancelled;
    expect(done).toEqual(['failed', 'cancelled']);
  });

  test('is not done of what a killed handler did after its last durable operation', async () => {
    const done: string[] = [];
    const id = Promise.withResolvers<string>();
    const ended = Promise.withResolvers<string>();
    const stop = app.get(ReaEvents).on('attempt-ended', ({ outcome }) => ended.resolve(outcome));
    const killed = atDesk(async (ctx) => {
      oncePerInvocation(() => void done.push('before it'));
      await run(ctx, 'a', () => 1);
      oncePerInvocation(() => void done.push('after it'));
      const signal = ctx.request().attemptCompletedSignal;
      id.resolve(ctx.request().id);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    }).catch(() => 'killed');
    await app.kill(await id.promise);
    expect(await killed).toBe('killed');
    await ended.promise;
    stop();
    expect(done).toEqual(['before it']);
  });

  test('outside handlers is done at once', () => {
    let done = 0;
    oncePerInvocation(() => void (done += 1));
    expect(done).toBe(1);
  });
});
