import { all, allSettled, Handler, InjectClient, race, run, Service, type ServiceClient } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, type RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Scene, Scenes } from './support/scenes.js';

@Service()
class Worker {
  @Handler()
  async work(ctx: Context, { after, answer }: { after: number; answer: string }): Promise<string> {
    await ctx.sleep(after);
    return answer;
  }

  @Handler()
  async fail(ctx: Context, { after, message }: { after: number; message: string }): Promise<string> {
    await ctx.sleep(after);
    throw new TerminalError(message, { errorCode: 422 });
  }
}

@Service({ retryPolicy: { initialInterval: 20 } })
class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  constructor(@InjectClient(Worker) readonly worker: ServiceClient<Worker>) {}

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Worker, Stage] });
});
afterAll(() => app?.close());

function inHandler<R>(scene: Scene<Context, Stage, R>): Promise<R> {
  return app.ingress.service(Stage).call.play(Stage.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

/** Whether each attempt of an invocation saw the same values at the same places. */
class Sightings {
  private readonly byPlace = new Map<string, Set<string>>();

  see<T>(place: string, value: T): T {
    const seen = this.byPlace.get(place) ?? new Set();
    this.byPlace.set(place, seen.add(JSON.stringify(value)));
    return value;
  }

  /** How many different values were seen at each place. */
  get counts(): Record<string, number> {
    return Object.fromEntries([...this.byPlace].map(([place, values]) => [place, values.size]));
  }
}

describe('all', () => {
  test('gives results in the order of its futures, not of their ends', async () => {
    expect(
      await inHandler((ctx, { worker }) =>
        all(ctx, [
          worker.call.work({ after: 60, answer: 'slow' }),
          worker.call.work({ after: 1, answer: 'fast' }),
          run(ctx, 'run', () => 1),
        ]),
      ),
    ).toEqual(['slow', 'fast', 1]);
  });

  test('of nothing is an empty list', async () => {
    expect(await inHandler((ctx) => all(ctx, []))).toEqual([]);
  });

  test('throws the first failure in time, before slower futures end', async () => {
    expect(
      await inHandler((ctx, { worker }) =>
        all(ctx, [
          worker.call.work({ after: 60_000, answer: 'never' }),
          worker.call.fail({ after: 30_000, message: 'second' }),
          worker.call.fail({ after: 1, message: 'first' }),
        ]).then(String, (error: TerminalError) => [error.code, error.message]),
      ),
    ).toEqual([422, 'first']);
  });

  test('nests', async () => {
    expect(
      await inHandler((ctx) =>
        all(ctx, [
          all(ctx, [run(ctx, 'a', () => 'a'), run(ctx, 'b', () => 'b')]),
          race(ctx, [run(ctx, 'c', () => 'c')]),
        ]),
      ),
    ).toEqual([['a', 'b'], 'c']);
  });

  test('starts all runs, each once', async () => {
    const effects: string[] = [];
    await inHandler(async (ctx) => {
      await all(
        ctx,
        ['a', 'b', 'c'].map((name) => run(ctx, name, () => void effects.push(name))),
      );
      await ctx.sleep(1);
    });
    expect(effects.toSorted()).toEqual(['a', 'b', 'c']);
  });
});

describe('allSettled', () => {
  test('gives each outcome and throws none', async () => {
    expect(
      await inHandler(async (ctx, { worker }) => {
        const [good, bad, ran] = await allSettled(ctx, [
          worker.call.work({ after: 30, answer: 'good' }),
          worker.call.fail({ after: 1, message: 'bad' }),
          run(ctx, 'run', () => 1),
        ]);
        const reason = bad.status === 'rejected' ? (bad.reason as TerminalError) : undefined;
        return [good, [bad.status, reason instanceof TerminalError, reason?.code, reason?.message], ran];
      }),
    ).toEqual([
      { status: 'fulfilled', value: 'good' },
      ['rejected', true, 422, 'bad'],
      { status: 'fulfilled', value: 1 },
    ]);
  });

  test('of nothing is an empty list', async () => {
    expect(await inHandler((ctx) => allSettled(ctx, []))).toEqual([]);
  });

  test('after all has failed tells what became of the others', async () => {
    expect(
      await inHandler(async (ctx, { worker }) => {
        const futures = [
          worker.call.fail({ after: 1, message: 'first' }),
          worker.call.work({ after: 60, answer: 'finished' }),
        ] as const;
        await all(ctx, futures).catch(() => undefined);
        return (await allSettled(ctx, futures)).map(({ status }) => status);
      }),
    ).toEqual(['rejected', 'fulfilled']);
  });
});

describe('race', () => {
  test('between a call and a sleep is won by the faster one', async () => {
    expect(
      await inHandler(async (ctx, { worker }) => {
        const late = await race(ctx, [
          worker.call.work({ after: 60_000, answer: 'call' }),
          ctx.sleep(20).map(() => 'timeout'),
        ]);
        const early = await race(ctx, [
          worker.call.work({ after: 1, answer: 'call' }),
          ctx.sleep(60_000).map(() => 'timeout'),
        ]);
        return [late, early];
      }),
    ).toEqual(['timeout', 'call']);
  });

  test('throws the failure that comes first', async () => {
    expect(
      await inHandler((ctx, { worker }) =>
        race(ctx, [
          worker.call.work({ after: 60_000, answer: 'x' }),
          worker.call.fail({ after: 1, message: 'lost' }),
        ]).catch((error: TerminalError) => error.message),
      ),
    ).toBe('lost');
  });

  test('of nothing is refused terminally, since it would wait for ever', async () => {
    let attempts = 0;
    await expect(
      inHandler(async (ctx) => {
        attempts += 1;
        await race(ctx, []);
      }),
    ).rejects.toMatchObject({ status: 500, response: { code: 'REA7002' } });
    expect(attempts).toBe(1);
  });
});

describe('A combinator that is given a native promise', () => {
  test.each<[string, (ctx: Context, futures: readonly RestatePromise<unknown>[]) => RestatePromise<unknown>]>([
    ['all', all],
    ['allSettled', allSettled],
    ['race', race],
  ])('(%s) is refused terminally, and says where', async (_name, combine) => {
    let attempts = 0;
    await expect(
      inHandler(async (ctx) => {
        attempts += 1;
        const native = Promise.resolve('native') as unknown as RestatePromise<string>;
        await combine(ctx, [ctx.sleep(1), native]);
      }),
    ).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA7001', message: expect.stringContaining('index 1') },
    });
    expect(attempts).toBe(1);
  });

  test('takes the promise of an async function for one', async () => {
    await expect(inHandler((ctx) => all(ctx, [(async () => ctx.sleep(1))() as never]))).rejects.toMatchObject({
      response: { code: 'REA7001' },
    });
  });
});

test('Every attempt of a handler sees the same winners, results and failures', async () => {
  const sightings = new Sightings();
  let attempts = 0;
  await inHandler(async (ctx, { worker }) => {
    attempts += 1;
    for (let round = 0; round < 3; round += 1) {
      const futures = [1, 2, 3].map((after) => worker.call.work({ after, answer: String(after) }));
      sightings.see(`winner ${round}`, await race(ctx, futures));
      sightings.see(`all ${round}`, await all(ctx, futures));
      const mixed = [worker.call.fail({ after: 3, message: 'a' }), worker.call.fail({ after: 2, message: 'b' })];
      const loser = await all(ctx, mixed).catch((error: TerminalError) => error.message);
      sightings.see(`failure ${round}`, loser);
      sightings.see(
        `settled ${round}`,
        (await allSettled(ctx, mixed)).map(({ status }) => status),
      );
      if (attempts === round + 1) throw new Error('replay from here');
    }
  });
  expect(attempts).toBeGreaterThanOrEqual(4);
  expect(Object.values(sightings.counts)).toEqual(Array(12).fill(1));
});
