import {
  all,
  allSettled,
  any,
  asCompleted,
  awakeable,
  fanOut,
  mapConcurrent,
  now,
  parallel,
  PolicyService,
  race,
  raceNamed,
  ReaEvents,
  run,
  runAsync,
  sleep,
  state,
  type Violation,
  withDeadline,
  withTimeout,
} from '@rea/core';
import type { HttpException } from '@nestjs/common';
import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { replaysAlways } from '../support/test-mode.js';
import { failOnce, ObjectStage, type Stage, Theatre, told } from './stage.js';

let theatre: Theatre;
const violations: Violation[] = [];
beforeAll(async () => {
  theatre = await Theatre.open({ policy: 'warn' });
  theatre.app.get(ReaEvents).on('violation', (violation) => violations.push(violation));
});
afterAll(() => theatre?.close());
beforeEach(() => {
  violations.length = 0;
});

type Scene = (ctx: Context, stage: Stage) => Promise<unknown>;

describe('Native code that waits for two durable futures at once is refused', () => {
  const scenes: [string, Scene][] = [
    ['Promise.all of calls', (ctx, { worker }) => Promise.all([worker.call.hold(id(ctx)), worker.call.hold(id(ctx))])],
    ['Promise.all of sleeps', (ctx) => Promise.all([sleep(ctx, 20), sleep(ctx, 20)])],
    ['Promise.race', (ctx, { worker }) => Promise.race([worker.call.hold(id(ctx)), sleep(ctx, 20)])],
    ['Promise.allSettled', (ctx) => Promise.allSettled([sleep(ctx, 20), sleep(ctx, 20)]).then(thrown)],
    [
      'async functions side by side',
      (ctx, { worker }) => {
        const one = async () => {
          await sleep(ctx, 10);
          return worker.call.answer('a');
        };
        return Promise.all([one(), one()]);
      },
    ],
    [
      'a wait that was started and not awaited',
      async (ctx) => {
        void sleep(ctx, 60_000).then(() => undefined);
        await Promise.resolve();
        await sleep(ctx, 10);
      },
    ],
    [
      'a wait that goes on while branches start',
      async (ctx) => {
        void sleep(ctx, 60_000).then(() => undefined);
        await parallel(ctx, [() => sleep(ctx, 20)]);
      },
    ],
  ];

  test.each(scenes)('%s', async (_what, scene) => {
    await expect(theatre.play(scene)).rejects.toMatchObject({ status: 500, response: { code: 'REA2017' } });
    expect(violations[0]).toMatchObject({ rule: { id: 'native-promise' }, place: 'Stage/play', refused: true });
  });

  const id = (ctx: Context) => `native-${ctx.request().id}`;

  /** `Promise.allSettled` never fails: what the second wait was refused with is in its results. */
  function thrown(results: PromiseSettledResult<unknown>[]) {
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
});

describe('What waits for one future at a time is left alone', () => {
  const scenes: [string, Scene][] = [
    [
      'one after the other, of every kind',
      async (ctx, { worker, objects }) => {
        const { id, promise } = awakeable<string>(ctx);
        ctx.resolveAwakeable(id, 'x');
        await promise;
        await worker.call.answer('a');
        await objects.of('native').call.add(1);
        await run(ctx, 'r', () => 1);
        await sleep(ctx, 5);
        await now(ctx);
        await sleep(ctx, 5).map(() => 'mapped');
        await worker.call.fail('x').catch(() => undefined);
        await (worker.call.answer('a') as RestatePromise<unknown>).orTimeout({ hours: 1 });
        return worker.send.answer('a').invocationId;
      },
    ],
    [
      'combinators, one after the other, over the same futures too',
      async (ctx, { worker }) => {
        const calls = [worker.call.answer('a'), worker.call.answer('b'), sleep(ctx, 3)] as const;
        await race(ctx, calls);
        await any(ctx, calls);
        await all(ctx, calls);
        await allSettled(ctx, calls);
        await fanOut(ctx, calls);
        await raceNamed(ctx, { a: worker.call.answer('a'), late: sleep(ctx, 20) });
        await withTimeout(ctx, worker.call.hold(`left-${ctx.request().id}`), 5);
        for await (const _ of asCompleted(ctx, [worker.call.answer('c'), sleep(ctx, 2)])) await sleep(ctx, 1);
        await RestatePromise.all([runAsync(ctx, 'x', () => 1).result, sleep(ctx, 1)]);
      },
    ],
    [
      'branches, whatever they do natively',
      async (ctx, { worker }) => {
        await parallel(ctx, [
          async () => Promise.all([sleep(ctx, 5), worker.call.answer('a')]),
          async () => worker.call.answer('b'),
        ]);
        await mapConcurrent(ctx, [1, 2, 3], 2, async () => sleep(ctx, 1));
        await withDeadline(ctx, { hours: 1 }, async () => sleep(ctx, 1));
        await sleep(ctx, 1);
      },
    ],
    [
      'native promises inside a run',
      (ctx) => run(ctx, 'r', async () => Promise.all([Promise.resolve(1), Promise.resolve(2)])),
    ],
    [
      'futures whose results are there',
      async (ctx) => {
        const [a, b] = [sleep(ctx, 2), run(ctx, 'b', () => 'b')];
        await all(ctx, [a, b]);
        return Promise.all([a, b]);
      },
    ],
  ];

  test.each(scenes)('%s', async (_what, scene) => {
    const fail = failOnce();
    await theatre.play(async (ctx, stage) => {
      await scene(ctx, stage);
      fail();
    });
    expect(violations).toEqual([]);
  });

  test('state reads, one after the other', async () => {
    await theatre.playObject(async (ctx) => {
      await state(ctx, ObjectStage.count).get();
      await state(ctx, ObjectStage.count).update((count) => count + 1);
      await ctx.stateKeys();
    });
    expect(violations).toEqual([]);
  });

  test.for<[string, (ctx: Context) => RestatePromise<unknown>]>([
    ['a future', (ctx) => awakeable(ctx).promise],
    [
      'a run',
      (ctx) => run(ctx, 'r', ({ signal }) => new Promise((r) => signal.addEventListener('abort', () => r('aborted')))),
    ],
    ['a combination', (ctx) => all(ctx, [awakeable(ctx).promise, sleep(ctx, { hours: 1 })])],
  ])('the first wait after a cancellation of %s', async ([what, wait], context) => {
    // There a cancellation is seen once the run has ended.
    if (what === 'a run' && replaysAlways(context)) return context.skip();
    const ready = Promise.withResolvers<string>();
    const log: unknown[] = [];
    const outcome = theatre
      .play(async (ctx, { worker }) => {
        const waiting = wait(ctx);
        ready.resolve(ctx.request().id);
        try {
          await waiting;
        } catch (error) {
          log.push(told(error).code, await worker.call.answer('undone'), await sleep(ctx, 5));
          throw error;
        }
      })
      .catch((error: HttpException) => error.getStatus());
    await theatre.app.cancel(await ready.promise);
    expect(await outcome).toBe(409);
    expect(log).toEqual(expect.arrayContaining([409, 'undone']));
    expect(violations).toEqual([]);
  });
});

describe('Disabled, the guardrail', () => {
  beforeEach(() => theatre.app.get(PolicyService).set('disabled', 'native-promise'));
  afterEach(() => theatre.app.get(PolicyService).set('warn', 'native-promise'));

  test("leaves the SDK's context as it is", async () => {
    const own = await theatre.play(async (ctx) => {
      const { promisesExecutor } = ctx as never as { promisesExecutor: object };
      return Object.keys(promisesExecutor).includes('doProgress');
    });
    expect(own).toBe(false);
  });
});
