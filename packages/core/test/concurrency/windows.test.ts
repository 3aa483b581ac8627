import { batches, mapConcurrent, mapSettled, parallel, run } from '@rea/core';
import { CancelledError, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { replaysAlways } from '../support/test-mode.js';
import { Effects, Fault } from './fault.js';
import { Theatre } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

const nap = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const upTo = (length: number) => Array.from({ length }, (_, index) => index);

describe('mapConcurrent', () => {
  test('gives results in the order of the items, each after several awaits', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const results = await mapConcurrent(ctx, ['a', 'b', 'c', 'd'], 3, async (item, index) => {
          const answer = await worker.call.work({ after: 30 - index * 10, answer: item });
          return run(ctx, `shout ${item}`, () => answer.toUpperCase() + index);
        });
        expectTypeOf(results).toEqualTypeOf<string[]>();
        return results;
      }),
    ).toEqual(['A0', 'B1', 'C2', 'D3']);
  });

  test('never has more than the limit under way, and keeps the window full', async (context) => {
    let running = 0;
    let most = 0;
    const started: number[] = [];
    const ended: number[] = [];
    await theatre.play((ctx) =>
      mapConcurrent(ctx, [150, 10, 10, 10, 10], 2, (ms, index) =>
        run(ctx, `item ${index}`, async () => {
          started.push(index);
          running += 1;
          most = Math.max(most, running);
          await nap(ms);
          running -= 1;
          ended.push(index);
        }),
      ),
    );
    expect(most).toBe(2);
    expect(new Set(started)).toEqual(new Set([0, 1, 2, 3, 4]));
    // Chunks of two would have waited for the long one. A server that always replays waits for all runs under way.
    expect(replaysAlways(context) || ended.at(-1) === 0).toBe(true);
  });

  test('of nothing, and with a limit above the number of items, is fine', async () => {
    expect(
      await theatre.play(async (ctx) => [
        await mapConcurrent(ctx, [], 3, async () => 1),
        await mapConcurrent(ctx, [1], 100, async (item) => item),
        await mapSettled(ctx, [], 3, async () => 1),
      ]),
    ).toEqual([[], [1], []]);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])('refuses the limit %d terminally', async (limit) => {
    const played = theatre.play((ctx) => mapConcurrent(ctx, [1], limit, async () => 1));
    await expect(played).rejects.toMatchObject({ status: 500, response: { code: 'REA7005' } });
  });

  test('stops starting at a failure, and throws it when those under way have ended', async () => {
    const effects = new Effects();
    const failed = await theatre.play((ctx, { worker }) =>
      mapConcurrent(ctx, upTo(10), 3, async (item) => {
        await run(ctx, `start ${item}`, () => effects.happen(`start ${item}`, 1));
        if (item === 1) await worker.call.fail({ after: 1, message: 'one' });
        else await ctx.sleep(400);
        await run(ctx, `end ${item}`, () => effects.happen(`end ${item}`, 1));
      }).catch((error: TerminalError) => error.message),
    );
    expect(failed).toBe('one');
    expect(effects.all).toEqual({ 'start 0': 1, 'start 1': 1, 'start 2': 1, 'end 0': 1, 'end 2': 1 });
  });

  test('replays after the attempt has failed in the middle: results the same, effects once', async () => {
    const effects = new Effects();
    const fault = new Fault();
    expect(
      await theatre.play((ctx, { worker }) =>
        mapConcurrent(ctx, upTo(12), 4, async (item) => {
          const first = await run(ctx, `first ${item}`, () => effects.happen(`first ${item}`, item));
          await worker.call.work({ after: (item * 7) % 10, answer: '' });
          if (item === 5) fault.strike();
          return first + (await run(ctx, `second ${item}`, () => effects.happen(`second ${item}`, item)));
        }),
      ),
    ).toEqual(upTo(12).map((item) => 2 * item));
    expect(Object.values(effects.all)).toEqual(Array(24).fill(1));
  });

  test('is cancelled once per item under way; no other is started', async () => {
    const effects = new Effects();
    const played = await theatre.playAndCancel(async (ctx, _self, ready) => {
      ready();
      await mapConcurrent(ctx, upTo(10), 2, async (item) => {
        try {
          await run(ctx, `start ${item}`, () => effects.happen(`start ${item}`, 1));
          await ctx.sleep(60_000);
        } catch (error) {
          if (!(error instanceof CancelledError)) throw error;
          await run(ctx, `clean ${item}`, () => effects.happen(`clean ${item}`, 1));
          throw error;
        }
      });
    });
    expect(played).toMatchObject({ status: 'rejected', reason: { status: 409 } });
    expect(effects.all).toEqual({ 'start 0': 1, 'start 1': 1, 'clean 0': 1, 'clean 1': 1 });
  });

  test('nests in branches, and branches in it', async () => {
    expect(
      await theatre.play((ctx) =>
        parallel(ctx, {
          map: async () =>
            mapConcurrent(ctx, [1, 2, 3], 2, async (item) => {
              const [a, b] = await parallel(ctx, [
                async () => run(ctx, `a${item}`, () => item),
                async () => run(ctx, `b${item}`, () => item * 10),
              ]);
              return a + b;
            }),
          other: async () => ctx.sleep(1),
        }),
      ),
    ).toEqual({ map: [11, 22, 33], other: undefined });
  });

  test('handles 200 items with two awaits each', async () => {
    const results = await theatre.play((ctx) =>
      mapConcurrent(ctx, upTo(200), 20, async (item) => {
        await run(ctx, `a${item}`, () => item);
        return run(ctx, `b${item}`, () => item);
      }),
    );
    expect(results).toEqual(upTo(200));
  }, 120_000);
});

describe('mapSettled', () => {
  test('gives the outcome of every item', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const outcomes = await mapSettled(ctx, [1, 2, 3, 4], 2, async (item) =>
          item % 2 === 0
            ? worker.call.fail({ after: item, message: `no ${item}` })
            : worker.call.work({ after: item, answer: `yes ${item}` }),
        );
        return outcomes.map((each) => (each.status === 'rejected' ? each.reason.message : each.value));
      }),
    ).toEqual(['yes 1', 'no 2', 'yes 3', 'no 4']);
  });

  test('retries an ordinary error, and then gives the same', async () => {
    const fault = new Fault();
    const effects = new Effects();
    const outcomes = await theatre.play((ctx) =>
      mapSettled(ctx, [1, 2, 3], 2, async (item) => {
        const result = await run(ctx, `item ${item}`, () => effects.happen(`item ${item}`, item));
        if (item === 2) fault.strike();
        return result;
      }),
    );
    expect(outcomes.map((each) => each.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(Object.values(effects.all)).toEqual([1, 1, 1]);
  });

  test('throws a cancellation', async () => {
    const played = await theatre.playAndCancel(async (ctx, _self, ready) => {
      ready();
      await run(ctx, 'before', () => 1);
      await mapSettled(ctx, upTo(5), 2, async () => ctx.sleep(60_000));
      return 'swallowed';
    });
    expect(played).toMatchObject({ status: 'rejected', reason: { status: 409 } });
  });
});

describe('batches', () => {
  test('gives the result of each batch, one after another', async () => {
    const order: string[] = [];
    expect(
      await theatre.play(async (ctx) => {
        const sums = await batches(ctx, upTo(7), 3, async (batch, index) =>
          run(ctx, `batch ${index}`, () => {
            order.push(batch.join(' '));
            return batch.reduce((sum, item) => sum + item, 0);
          }),
        );
        expectTypeOf(sums).toEqualTypeOf<number[]>();
        return sums;
      }),
    ).toEqual([3, 12, 6]);
    expect(order).toEqual(['0 1 2', '3 4 5', '6']);
  });

  test('are of ten items unless told otherwise', async () => {
    expect(await theatre.play((ctx) => batches(ctx, upTo(25), async ({ length }) => length))).toEqual([10, 10, 5]);
    expect(await theatre.play((ctx) => batches(ctx, [], async ({ length }) => length))).toEqual([]);
  });

  test('refuse a size that is not a number of items', async () => {
    await expect(theatre.play((ctx) => batches(ctx, [1], 0, async () => 1))).rejects.toMatchObject({
      response: { code: 'REA7005' },
    });
  });

  test('stop at a failure', async () => {
    const effects = new Effects();
    await expect(
      theatre.play((ctx) =>
        batches(ctx, upTo(6), 2, async (_batch, index) =>
          run(ctx, `batch ${index}`, () => {
            effects.happen(`batch ${index}`, 1);
            if (index === 1) throw new TerminalError('full', { errorCode: 422 });
          }),
        ),
      ),
    ).rejects.toMatchObject({ status: 422 });
    expect(effects.all).toEqual({ 'batch 0': 1, 'batch 1': 1 });
  });

  test('are not repeated when the attempt fails between them', async () => {
    const effects = new Effects();
    const fault = new Fault();
    await theatre.play((ctx) =>
      batches(ctx, upTo(6), 2, async (_batch, index) => {
        await run(ctx, `batch ${index}`, () => effects.happen(`batch ${index}`, 1));
        if (index === 1) fault.strike();
      }),
    );
    expect(effects.all).toEqual({ 'batch 0': 1, 'batch 1': 1, 'batch 2': 1 });
  });

  test('stop at a cancellation', async () => {
    const played = await theatre.playAndCancel(async (ctx, _self, ready) => {
      ready();
      await run(ctx, 'before', () => 1);
      await batches(ctx, upTo(6), 2, async () => ctx.sleep(60_000));
    });
    expect(played).toMatchObject({ status: 'rejected', reason: { status: 409 } });
  });
});
