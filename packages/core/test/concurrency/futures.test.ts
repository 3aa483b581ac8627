import { any, asCompleted, type Completed, fanOut, fanOutOrThrow, failuresOf, raceNamed, run } from '@rea/core';
import { CancelledError, type Context, type RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { Effects, Fault } from './fault.js';
import { Theatre } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** Whether waiting in this way throws a cancellation, once. */
async function cancelled(wait: (ctx: Context) => PromiseLike<unknown>): Promise<unknown> {
  const played = await theatre.playAndCancel(async (ctx, _self, ready) => {
    await run(ctx, 'before', () => 1);
    ready();
    const thrown = await wait(ctx).then(
      () => 'nothing',
      (error: unknown) => error instanceof CancelledError,
    );
    return [thrown, await run(ctx, 'after', () => 'after')];
  });
  return played.status === 'fulfilled' ? played.value : played.reason;
}

describe('any', () => {
  test('gives the first success, whatever has failed before', async () => {
    expect(
      await theatre.play((ctx, { worker }) =>
        any(ctx, [
          worker.call.fail({ after: 1, message: 'early' }),
          worker.call.work({ after: 60_000, answer: 'slow' }),
          worker.call.work({ after: 50, answer: 'won' }),
        ]),
      ),
    ).toBe('won');
  });

  test('gives every failure when all have failed, terminally', async () => {
    let attempts = 0;
    const caught = await theatre.play(async (ctx, { worker }) => {
      attempts += 1;
      return any(ctx, [
        worker.call.fail({ after: 20, message: 'one' }),
        run(ctx, 'two', () => {
          throw new TerminalError('two', { errorCode: 418 });
        }),
      ]).catch((error: TerminalError) => ({
        code: error.code,
        message: error.message,
        rea: error.metadata?.['rea.code'],
        failures: failuresOf(error),
      }));
    });
    expect(caught).toEqual({
      code: 500,
      message: 'REA7003: All 2 futures of any() failed: [0] one; [1] two',
      rea: 'REA7003',
      failures: [
        { index: 0, message: 'one', code: 422, metadata: { who: 'one' } },
        { index: 1, message: 'two', code: 418 },
      ],
    });
    expect(attempts).toBeGreaterThan(0);
  });

  test('combines with others', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const first = any(ctx, [
          worker.call.fail({ after: 1, message: 'bad' }),
          worker.call.work({ after: 5, answer: 'good' }),
        ]);
        return raceNamed(ctx, { first, timeout: ctx.sleep(30_000) });
      }),
    ).toEqual({ name: 'first', value: 'good' });
  });

  test('of nothing is refused terminally', async () => {
    await expect(theatre.play((ctx) => any(ctx, []))).rejects.toMatchObject({ response: { code: 'REA7002' } });
  });

  test('is cancelled once', async () => {
    expect(await cancelled((ctx) => any(ctx, [ctx.sleep(60_000)]))).toEqual([true, 'after']);
  });
});

describe('raceNamed', () => {
  test('tells by type and at run time who has won', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const winner = await raceNamed(ctx, {
          paid: worker.call.work({ after: 5, answer: 'receipt' }),
          cancelled: ctx.awakeable<number>().promise,
          timeout: ctx.sleep(30_000),
        });
        expectTypeOf(winner).toEqualTypeOf<
          | { readonly name: 'paid'; readonly value: string }
          | { readonly name: 'cancelled'; readonly value: number }
          | { readonly name: 'timeout'; readonly value: void }
        >();
        return winner;
      }),
    ).toEqual({ name: 'paid', value: 'receipt' });
  });

  test('throws the failure of a branch that fails first, as it is; a later failure is nobody’s', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const lost = await raceNamed(ctx, {
          paid: worker.call.fail({ after: 1, message: 'declined' }),
          timeout: ctx.sleep(30_000),
        }).catch((error: TerminalError) => [error.code, error.message, error.metadata]);
        const fraud = ctx.awakeable<string>();
        const over = ctx.awakeable<void>();
        const won = await raceNamed(ctx, {
          paid: worker.call.work({ after: 1, answer: 'receipt' }),
          fraud: fraud.promise,
        });
        ctx.rejectAwakeable(fraud.id, 'late');
        ctx.resolveAwakeable(over.id);
        await over.promise;
        return [lost, won];
      }),
    ).toEqual([[422, 'declined', { who: 'declined' }], { name: 'paid', value: 'receipt' }]);
  });

  test('of nothing is refused terminally', async () => {
    await expect(theatre.play((ctx) => raceNamed(ctx, {}))).rejects.toMatchObject({ response: { code: 'REA7002' } });
  });

  test('is cancelled once', async () => {
    expect(await cancelled((ctx) => raceNamed(ctx, { a: ctx.sleep(60_000), b: ctx.sleep(50_000) }))).toEqual([
      true,
      'after',
    ]);
  });

  test('has the same winner after the attempt has failed', async () => {
    const fault = new Fault();
    const winners = new Set<string>();
    await theatre.play(async (ctx, { worker }) => {
      const { name } = await raceNamed(ctx, {
        a: worker.call.work({ after: 3, answer: '' }),
        b: worker.call.work({ after: 3, answer: '' }),
        c: ctx.sleep(4),
      });
      winners.add(name);
      await ctx.sleep(20);
      fault.strike();
    });
    expect(winners.size).toBe(1);
  });
});

describe('fanOut', () => {
  test('gives the successes and every failure', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const { values, failures } = await fanOut(ctx, [
          worker.call.work({ after: 20, answer: 'slow' }),
          worker.call.fail({ after: 10, message: 'bad' }),
          worker.call.work({ after: 1, answer: 'fast' }),
          worker.call.fail({ after: 1, message: 'worse' }),
        ]);
        expectTypeOf(values).toEqualTypeOf<readonly string[]>();
        return { values, failures: failures.map(({ index, error }) => [index, error.code, error.message]) };
      }),
    ).toEqual({
      values: ['slow', 'fast'],
      failures: [
        [1, 422, 'bad'],
        [3, 422, 'worse'],
      ],
    });
  });

  test('of nothing is nothing', async () => {
    expect(await theatre.play(async (ctx) => [await fanOut(ctx, []), await fanOutOrThrow(ctx, [])])).toEqual([
      { values: [], failures: [] },
      [],
    ]);
  });

  test('is cancelled once, also as fanOutOrThrow', async () => {
    expect(await cancelled((ctx) => fanOut(ctx, [ctx.sleep(60_000), run(ctx, 'a', () => 1)]))).toEqual([true, 'after']);
    expect(await cancelled((ctx) => fanOutOrThrow(ctx, [ctx.sleep(60_000)]))).toEqual([true, 'after']);
  });

  test('gives the same after the attempt has failed, and no effect twice', async () => {
    const fault = new Fault();
    const effects = new Effects();
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const { values, failures } = await fanOut(ctx, [
          run(ctx, 'a', () => effects.happen('a', 1)),
          worker.call.fail({ after: 1, message: 'bad' }),
        ]);
        fault.strike();
        return [values, failures.length, await run(ctx, 'b', () => effects.happen('b', 2))];
      }),
    ).toEqual([[1], 1, 2]);
    expect(effects.all).toEqual({ a: 1, b: 1 });
  });
});

describe('fanOutOrThrow', () => {
  test('gives all results with their types', async () => {
    await theatre.play(async (ctx, { worker }) => {
      const results = await fanOutOrThrow(ctx, [worker.call.work({ after: 1, answer: 'a' }), run(ctx, 'one', () => 1)]);
      expectTypeOf(results).toEqualTypeOf<[string, number]>();
      expect(results).toEqual(['a', 1]);
    });
  });

  test('lists every failure in its error, which survives a call', async () => {
    const played = await theatre
      .play((ctx, { worker }) =>
        fanOutOrThrow(
          ctx,
          ['a', 'b', 'c', 'd', 'e'].map((message, index) =>
            index === 2
              ? worker.call.work({ after: 1, answer: 'fine' })
              : worker.call.fail({ after: 5 - index, message }),
          ),
        ),
      )
      .catch((error: unknown) => error);
    expect(played).toMatchObject({
      status: 500,
      response: { code: 'REA7004', message: 'REA7004: 4 of 5 futures failed: [0] a; [1] b; [3] d; and 1 more' },
    });
  });

  test('of an error that lists none is empty', () => {
    expect(failuresOf(new TerminalError('plain'))).toEqual([]);
  });
});

describe('asCompleted', () => {
  const collect = async (ctx: Context, futures: readonly RestatePromise<unknown>[]) => {
    const seen: unknown[] = [];
    for await (const { index, value, failure } of asCompleted(ctx, futures)) {
      seen.push([index, failure ? failure.message : value]);
    }
    return seen;
  };

  test('gives results and failures in the order of completion', async () => {
    expect(
      await theatre.play(async (ctx) => {
        const failing = ctx.awakeable<string>();
        const last = ctx.awakeable<string>();
        const seen: unknown[] = [];
        for await (const { index, value, failure } of asCompleted(ctx, [
          last.promise,
          failing.promise,
          run(ctx, 'first', () => 'first'),
        ])) {
          seen.push([index, failure ? failure.message : value]);
          if (index === 2) ctx.rejectAwakeable(failing.id, 'failed');
          if (index === 1) ctx.resolveAwakeable(last.id, 'last');
        }
        return seen;
      }),
    ).toEqual([
      [2, 'first'],
      [1, 'failed'],
      [0, 'last'],
    ]);
  });

  test('types values and failures apart', () => {
    expectTypeOf<Completed<number>['failure']>().toEqualTypeOf<TerminalError | undefined>();
  });

  test('of nothing ends at once', async () => {
    expect(await theatre.play((ctx) => collect(ctx, []))).toEqual([]);
  });

  test('may await other durable things in between, and be left early', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const seen: string[] = [];
        for await (const { index } of asCompleted(ctx, [
          worker.call.work({ after: 60_000, answer: '' }),
          ctx.sleep(1),
          ctx.sleep(200),
        ])) {
          seen.push(await run(ctx, `note ${index}`, () => `noted ${index}`));
          if (seen.length === 2) break;
        }
        return seen;
      }),
    ).toEqual(['noted 1', 'noted 2']);
  });

  test('is cancelled once', async () => {
    expect(await cancelled((ctx) => collect(ctx, [ctx.sleep(60_000), run(ctx, 'a', () => 1)]))).toEqual([
      true,
      'after',
    ]);
  });

  test('has the same order in each attempt', async () => {
    const orders = new Set<string>();
    const fault = new Fault();
    await theatre.play(async (ctx, { worker }) => {
      const futures = Array.from({ length: 8 }, (_, n) => worker.call.work({ after: (n * 7) % 5, answer: String(n) }));
      const seen = await collect(ctx, futures);
      orders.add(JSON.stringify(seen));
      await ctx.sleep(5);
      fault.strike();
    });
    expect(orders.size).toBe(1);
  });
});

test.each<[string, (ctx: Context, futures: readonly RestatePromise<unknown>[]) => unknown]>([
  ['any', any],
  ['fanOut', fanOut],
  ['fanOutOrThrow', fanOutOrThrow],
  ['asCompleted', asCompleted],
  ['raceNamed', (ctx, [a, b]) => raceNamed(ctx, { a: a!, b: b! })],
])('%s refuses native promises terminally, and names parallel', async (_name, combine) => {
  await expect(
    theatre.play(async (ctx) => void combine(ctx, [ctx.sleep(1), Promise.resolve(1) as never])),
  ).rejects.toMatchObject({ response: { code: 'REA7001', message: expect.stringContaining('parallel()') } });
});
