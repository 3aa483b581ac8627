import { HttpException } from '@nestjs/common';
import { all, orDefault, race, run, runAsync, withTimeout } from '@rea/core';
import { CancelledError, type Context, type RestatePromise } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { replaysAlways } from '../support/test-mode.js';
import { failOnce, Theatre, told } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** A promise that settles only when the signal is aborted: as a request that listens to its signal. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

describe('A run with a timeout', () => {
  test('that takes too long has its signal aborted and is tried again', async () => {
    const reasons: unknown[] = [];
    let tries = 0;
    const result = await theatre.play((ctx) =>
      run(
        ctx,
        'slow',
        ({ signal }) => {
          tries += 1;
          if (tries === 2) return 'in time';
          signal.addEventListener('abort', () => reasons.push(signal.reason));
          return untilAborted(signal);
        },
        { timeout: 50, retry: { initialInterval: 10 } },
      ),
    );
    expect(result).toBe('in time');
    expect(tries).toBe(2);
    expect(reasons).toEqual([expect.objectContaining({ message: 'The run "slow" took longer than 50 ms.' })]);
  });

  test('is tried again although it does not listen to its signal', async () => {
    let tries = 0;
    const result = await theatre.play((ctx) =>
      run(
        ctx,
        'deaf',
        () => {
          tries += 1;
          return tries === 1 ? new Promise<string>(() => {}) : 'done';
        },
        { timeout: { milliseconds: 50 } },
      ),
    );
    expect(result).toBe('done');
    expect(tries).toBe(2);
  });

  test('fails terminally once its attempts are used up', async () => {
    let tries = 0;
    const caught = await theatre.play((ctx) =>
      run(
        ctx,
        'stuck',
        ({ signal }) => {
          tries += 1;
          return untilAborted(signal);
        },
        { timeout: 30, retry: { maxAttempts: 3, initialInterval: 10 } },
      ).then(() => undefined, told),
    );
    expect(caught).toMatchObject({
      terminal: true,
      code: 500,
      message: expect.stringContaining('The run "stuck" took longer than 30 ms.'),
    });
    expect(tries).toBe(3);
  });

  test('gives its result or its own error when that comes in time', async () => {
    const options = { timeout: { seconds: 20 }, retry: { maxAttempts: 1 } };
    expect(
      await theatre.play(async (ctx) => [
        await run(ctx, 'quick', ({ signal }) => signal.aborted, options),
        await run(ctx, 'async', async () => 'done', options),
        await run(
          ctx,
          'broken',
          () => {
            throw new Error('out of stock');
          },
          options,
        ).then(() => undefined, told),
      ]),
    ).toEqual([false, 'done', expect.objectContaining({ message: expect.stringContaining('out of stock') })]);
  });

  test('is not run again when the handler fails after it', async () => {
    let effects = 0;
    const fail = failOnce();
    const result = await theatre.play(async (ctx) => {
      const value = await run(ctx, 'charge', () => (effects += 1), { timeout: 10_000 });
      fail();
      return value;
    });
    expect(result).toBe(1);
    expect(effects).toBe(1);
  });
});

describe("A run's signal", () => {
  const waits: [string, (ctx: Context, running: RestatePromise<string>) => PromiseLike<unknown>][] = [
    ['awaited directly', (_ctx, running) => running],
    ['awaited through map', (_ctx, running) => running.map((value) => value)],
    ['in all', (ctx, running) => all(ctx, [running, ctx.sleep({ hours: 1 })])],
    ['in race', (ctx, running) => race(ctx, [running, ctx.sleep({ hours: 1 })])],
    ['in withTimeout', (ctx, running) => withTimeout(ctx, running, { hours: 1 })],
    ['in orDefault', (ctx, running) => orDefault(ctx, running, { hours: 1 }, 'late')],
    ['in all in withTimeout', (ctx, running) => withTimeout(ctx, all(ctx, [running]), { hours: 1 })],
  ];
  test.for(waits)('is aborted by a cancellation while the run is %s', async ([_how, wait], context) => {
    context.skip(
      replaysAlways(context),
      'Such a server has stopped listening to the attempt and cancels the next one.',
    );
    const started = Promise.withResolvers<string>();
    const heard = Promise.withResolvers<unknown>();
    const finish = Promise.withResolvers<string>();
    const outcome = theatre
      .play((ctx) =>
        Promise.resolve(
          wait(
            ctx,
            run(ctx, 'long', ({ signal }) => {
              signal.addEventListener('abort', () => heard.resolve(signal.reason));
              started.resolve(ctx.request().id);
              return finish.promise;
            }),
          ),
        ),
      )
      .catch((error: HttpException) => error.getStatus());
    await theatre.app.cancel(await started.promise);
    const reason = await Promise.race([heard.promise, outcome]);
    finish.resolve('finished');
    expect(reason).toBeInstanceOf(CancelledError);
    expect(await outcome).toBe(409);
  });

  test('tells of a cancellation that came before it was asked for', async (context) => {
    context.skip(
      replaysAlways(context),
      'Such a server has stopped listening to the attempt and cancels the next one.',
    );
    const started = Promise.withResolvers<string>();
    const cancelled = Promise.withResolvers<void>();
    const seen = Promise.withResolvers<unknown>();
    const outcome = theatre
      .play(async (ctx) => {
        try {
          return await run(ctx, 'long', async (step) => {
            started.resolve(ctx.request().id);
            await cancelled.promise;
            seen.resolve(step.signal.reason);
            return 'finished';
          });
        } catch (error) {
          cancelled.resolve();
          await seen.promise;
          throw error;
        }
      })
      .catch((error: HttpException) => error.getStatus());
    await theatre.app.cancel(await started.promise);
    expect(await seen.promise).toBeInstanceOf(CancelledError);
    expect(await outcome).toBe(409);
  });

  test('is aborted when the handler ends without waiting for the run', async (context) => {
    context.skip(
      replaysAlways(context),
      'On such a server a handler that waits for one run waits for the others, too.',
    );
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const winner = await theatre.play((ctx) =>
      race(ctx, [
        run(ctx, 'slow', async ({ signal }) => {
          signal.addEventListener('abort', () => aborted.resolve());
          started.resolve();
          await aborted.promise;
          return 'slow';
        }),
        run(ctx, 'fast', () => started.promise.then(() => 'fast')),
      ]),
    );
    await aborted.promise;
    expect(winner).toBe('fast');
  });
});

describe('runAsync', () => {
  test('tells the key that its closure is given, before the closure runs', async () => {
    const seen: string[] = [];
    const key = await theatre.play(async (ctx) => {
      const handle = runAsync(ctx, 'pay', ({ idempotencyKey }) => void seen.push(idempotencyKey));
      const known = handle.idempotencyKey;
      await handle.result;
      return known;
    });
    expect(seen).toEqual([key]);
  });

  test('gives keys to equal names that differ, and are the same after a failure', async () => {
    const keys: string[][] = [];
    const fail = failOnce();
    await theatre.play(async (ctx) => {
      const handles = [1, 2, 3].map((step) => runAsync(ctx, 'pay', () => step));
      keys.push(handles.map(({ idempotencyKey }) => idempotencyKey));
      await all(
        ctx,
        handles.map(({ result }) => result),
      );
      fail();
    });
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys.flat()).size).toBe(3);
    for (const each of keys) expect(each).toEqual(keys[0]);
  });

  test('runs several closures at once, each once, although the handler fails after them', async () => {
    const effects: string[] = [];
    const met = Promise.withResolvers<void>();
    const meet = (name: string) => async () => {
      effects.push(name);
      if (effects.length === 2) met.resolve();
      await met.promise;
      return name;
    };
    const fail = failOnce();
    const results = await theatre.play(async (ctx) => {
      const stock = runAsync(ctx, 'stock', meet('stock'));
      const payment = runAsync(ctx, 'payment', meet('payment'), { timeout: 20_000 });
      const both = await all(ctx, [stock.result, payment.result]);
      fail();
      return both;
    });
    expect(results).toEqual(['stock', 'payment']);
    expect(effects.toSorted()).toEqual(['payment', 'stock']);
  });

  test('leaves the result of the others to be had when one has failed', async () => {
    const outcome = await theatre.play(async (ctx) => {
      const [good, bad] = [
        runAsync(ctx, 'good', () => 'ok'),
        runAsync(
          ctx,
          'bad',
          () => {
            throw new HttpException('declined', 402);
          },
          {},
        ),
      ];
      const failure = await all(ctx, [good.result, bad.result]).then(() => undefined, told);
      return [failure, await good.result];
    });
    expect(outcome).toEqual([{ terminal: true, code: 402, message: 'declined' }, 'ok']);
  });
});

describe('The result of a run', () => {
  test('that is a Date is a string, at run time and by its type, at once and on replay', async () => {
    const seen: unknown[] = [];
    const fail = failOnce();
    await theatre.play(async (ctx) => {
      const at = await run(ctx, 'at', () => new Date(0));
      expectTypeOf(at).toEqualTypeOf<string>();
      const nested = await runAsync(ctx, 'order', () => ({ at: new Date(1), tags: [new Date(2)] })).result;
      expectTypeOf(nested).toEqualTypeOf<{ at: string; tags: string[] }>();
      seen.push(at, nested);
      fail();
    });
    expect(seen.length).toBeGreaterThanOrEqual(4);
    const expected = [
      '1970-01-01T00:00:00.000Z',
      { at: '1970-01-01T00:00:00.001Z', tags: ['1970-01-01T00:00:00.002Z'] },
    ];
    for (const [index, value] of seen.entries()) expect(value).toEqual(expected[index % 2]);
  });

  const circular: { self?: unknown } = {};
  circular.self = circular;

  test.each<[string, unknown, RegExp]>([
    ['a BigInt', 1n, /REA7020: The result of run "odd" cannot be written to the journal: .*BigInt.*/],
    ['a BigInt within', { amount: [1n] }, /REA7020.*BigInt/],
    ['circular', circular, /REA7020.*circular/],
    [
      'something whose toJSON throws',
      {
        toJSON() {
          throw new Error('no JSON today');
        },
      },
      /REA7020.*no JSON today.*Return plain JSON data, or give a serde\./,
    ],
  ])('that is %s is a terminal error, after one try', async (_what, value, message) => {
    let tries = 0;
    const caught = await theatre.play((ctx) =>
      run(ctx, 'odd', () => {
        tries += 1;
        return value;
      }).then(() => undefined, told),
    );
    expect(caught).toEqual({ terminal: true, code: 500, message: expect.stringMatching(message), rea: 'REA7020' });
    expect(tries).toBe(1);
  });

  test('that a serde of its own cannot write is a terminal error, too', async () => {
    let tries = 0;
    const serde = {
      serialize: (): Uint8Array => {
        throw new Error('not in this format');
      },
      deserialize: () => 1,
    };
    const caught = await theatre.play((ctx) =>
      run(ctx, 'odd', () => (tries += 1), { serde }).then(() => undefined, told),
    );
    expect(caught).toMatchObject({ terminal: true, rea: 'REA7020', message: expect.stringContaining('not in this') });
    expect(tries).toBe(1);
  });
});
