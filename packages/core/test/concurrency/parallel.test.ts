import { BadRequestException } from '@nestjs/common';
import { all, parallel, parallelSettled, race, raceNamed, run, state, stateKey } from '@rea/core';
import { CancelledError, type Context, TerminalError } from '@restatedev/restate-sdk';
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
const outcome = (error: TerminalError) => [error.code, error.message];

describe('parallel', () => {
  test('gives the results of branches with several awaits each, by position', async () => {
    expect(
      await theatre.play((ctx, { worker, counters }) =>
        parallel(ctx, [
          async () => {
            const a = await worker.call.work({ after: 20, answer: 'a' });
            await ctx.sleep(5);
            return run(ctx, 'b', () => `${a}b`);
          },
          async () => {
            const one = await run(ctx, 'one', () => 1);
            return one + (await counters.of('positions').call.add(1));
          },
        ]),
      ),
    ).toEqual(['ab', 2]);
  });

  test('gives results by name, with their types', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const results = await parallel(ctx, {
          receipt: async () => worker.call.work({ after: 5, answer: 'paid' }),
          weight: async () => (await run(ctx, 'weigh', () => 2)) * 1.5,
        });
        expectTypeOf(results).toEqualTypeOf<{ receipt: string; weight: number }>();
        const tuple = await parallel(ctx, [async () => 1, async () => 'a']);
        expectTypeOf(tuple).toEqualTypeOf<[number, string]>();
        return results;
      }),
    ).toEqual({ receipt: 'paid', weight: 3 });
  });

  test('of nothing gives nothing', async () => {
    expect(
      await theatre.play(async (ctx) => [
        await parallel(ctx, []),
        await parallel(ctx, {}),
        await parallelSettled(ctx, []),
        await parallelSettled(ctx, {}),
      ]),
    ).toEqual([[], {}, [], {}]);
  });

  test('takes branches without durable awaits, and functions that return a durable future', async () => {
    expect(
      await theatre.play((ctx) => parallel(ctx, [async () => 1, () => run(ctx, 'two', () => 2), () => ctx.sleep(1)])),
    ).toEqual([1, 2, null]); // as JSON
  });

  test('runs branches at the same time: sleeps overlap', async (context) => {
    context.skip(replaysAlways(context), 'replays take longer than the sleeps');
    const startedAt = performance.now();
    await theatre.play((ctx) =>
      parallel(
        ctx,
        Array.from({ length: 10 }, () => async () => {
          await ctx.sleep(150);
          await ctx.sleep(150);
        }),
      ),
    );
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  test('executes run closures at the same time', async () => {
    let running = 0;
    let most = 0;
    await theatre.play((ctx) =>
      parallel(
        ctx,
        [1, 2, 3].map(
          (n) => () =>
            run(ctx, `run ${n}`, async () => {
              running += 1;
              most = Math.max(most, running);
              await nap(40);
              running -= 1;
            }),
        ),
      ),
    );
    expect(most).toBe(3);
  });

  test('is 100 branches wide', async () => {
    const effects = new Effects();
    const results = await theatre.play((ctx) =>
      parallel(
        ctx,
        Array.from({ length: 100 }, (_, n) => async () => {
          const a = await run(ctx, `a${n}`, () => effects.happen(`a${n}`, n));
          if (n % 10 === 0) await ctx.sleep(n % 7);
          return (await run(ctx, `b${n}`, () => effects.happen(`b${n}`, n))) + a;
        }),
      ),
    );
    expect(results).toEqual(Array.from({ length: 100 }, (_, n) => 2 * n));
    expect(Object.values(effects.all)).toEqual(Array(200).fill(1));
  }, 60_000);

  test('nests, beside combinators and races', async () => {
    expect(
      await theatre.play((ctx, { worker }) =>
        parallel(ctx, {
          inner: async () => {
            const [a, b] = await parallel(ctx, [
              async () => worker.call.work({ after: 10, answer: 'a' }),
              async () => {
                await ctx.sleep(1);
                const { name } = await raceNamed(ctx, {
                  slow: worker.call.work({ after: 30_000, answer: 'never' }),
                  timeout: ctx.sleep(20),
                });
                return name;
              },
            ]);
            return run(ctx, 'join', () => `${a} ${b}`);
          },
          all: async () => all(ctx, [run(ctx, 'c', () => 'c'), worker.call.work({ after: 5, answer: 'd' })]),
          race: async () => race(ctx, [ctx.sleep(30_000), ctx.sleep(5)]),
          late: async () =>
            worker.call
              .work({ after: 30_000, answer: 'never' })
              .orTimeout(10)
              .catch((error: TerminalError) => error.code),
        }),
      ),
    ).toEqual({ inner: 'a timeout', all: ['c', 'd'], late: 408 });
  });

  test('reads and writes state in branches', async () => {
    const total = stateKey<number>('total', { default: () => 0 });
    expect(
      await theatre.playObject(async (ctx, { worker }) => {
        await parallel(ctx, [
          async () => {
            await worker.call.work({ after: 5, answer: '' });
            await state(ctx, total).update((sum) => sum + 1);
          },
          async () => {
            await state(ctx, total).update((sum) => sum + 10);
            await ctx.sleep(1);
            await state(ctx, total).update((sum) => sum + 100);
          },
        ]);
        return state(ctx, total).get();
      }),
    ).toBe(111);
  });

  test('lets several branches wait for one future, and for each other', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const rate = worker.call.work({ after: 20, answer: 'rate' });
        let token: Promise<string> | undefined;
        const sharedToken = () => (token ??= (async () => `token ${await run(ctx, 'token', () => 1)}`)());
        return parallel(ctx, [
          async () => `${await rate} 1`,
          async () => `${await rate} 2 ${await sharedToken()}`,
          async () => `3 ${await sharedToken()}`,
          async () => {
            const before = await sharedToken();
            await ctx.sleep(1);
            return `${before} ${await rate}`;
          },
        ]);
      }),
    ).toEqual(['rate 1', 'rate 2 token 1', '3 token 1', 'token 1 rate']);
  });

  test('waits for native work of a branch, so that the order is certain', async () => {
    const orders = new Set<string>();
    const fault = new Fault();
    await theatre.play(async (ctx) => {
      const order: number[] = [];
      await parallel(
        ctx,
        [180, 1, 60].map((ms) => async () => {
          await nap(ms);
          order.push(ms);
          await run(ctx, `first ${ms}`, () => ms);
          await nap(ms);
          order.push(ms);
          await run(ctx, `second ${ms}`, () => ms);
        }),
      );
      orders.add(order.join(' '));
      fault.strike();
    });
    expect(orders.size).toBe(1);
    expect([...orders][0]).toMatch(/^180 1 60 /);
  });

  test('goes on without a branch that waits for too long, and lets it in again when it is back', async (context) => {
    context.skip(replaysAlways(context), 'each attempt is suspended before the slow branch is back');
    const order: string[] = [];
    await theatre.play((ctx) =>
      parallel(ctx, [
        async () => {
          await nap(1_800);
          await run(ctx, 'late', () => order.push('late'));
        },
        async () => {
          await ctx.sleep(1);
          await run(ctx, 'early', () => order.push('early'));
          await ctx.sleep(4_000);
          order.push('sleep');
        },
      ]),
    );
    expect(order).toEqual(['early', 'late', 'sleep']);
  });

  test('with many branches that wait for one of them takes little longer than with one', async () => {
    const startedAt = performance.now();
    const results = await theatre.play(async (ctx) => {
      let token: Promise<number> | undefined;
      return parallel(
        ctx,
        Array.from({ length: 30 }, () => () => (token ??= (async () => run(ctx, 'token', () => 7))())),
      );
    });
    expect(results).toEqual(Array(30).fill(7));
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test('lets the handler wait for something else meanwhile', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const branches = parallel(ctx, [async () => worker.call.work({ after: 30, answer: 'branch' })]);
        await ctx.sleep(1);
        const mine = await run(ctx, 'mine', () => 'handler');
        return [mine, ...(await branches)];
      }),
    ).toEqual(['handler', 'branch']);
  });

  test('is over when it is over: what the handler awaits later is as always', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const kept = worker.call.work({ after: 1, answer: 'kept' });
        const first = await parallel(ctx, [async () => run(ctx, 'a', () => 'a'), async () => kept]);
        const later = await all(ctx, [run(ctx, 'b', () => 'b'), kept]);
        return [...first, ...later, ...(await parallel(ctx, [async () => kept]))];
      }),
    ).toEqual(['a', 'kept', 'b', 'kept', 'kept']);
  });
});

describe('A branch that fails', () => {
  test('does so once the others have ended', async () => {
    const effects = new Effects();
    const failed = await theatre.play((ctx, { worker }) =>
      parallel(ctx, [
        async () => worker.call.fail({ after: 1, message: 'early' }),
        async () => {
          await ctx.sleep(20);
          await run(ctx, 'late effect', () => effects.happen('late', 1));
        },
      ]).then(String, outcome),
    );
    expect(failed).toEqual([422, 'early']);
    expect(effects.all).toEqual({ late: 1 });
  });

  test('first in time wins over one at an earlier position', async () => {
    expect(
      await theatre.play((ctx, { worker }) =>
        parallel(ctx, [
          async () => worker.call.fail({ after: 1_500, message: 'second' }),
          async () => worker.call.fail({ after: 1, message: 'first' }),
        ]).then(String, outcome),
      ),
    ).toEqual([422, 'first']);
  });

  test('before its first await, or without being async, is like any other', async () => {
    expect(
      await theatre.play(async (ctx) => {
        const thrown = () => {
          throw new TerminalError('at once', { errorCode: 418 });
        };
        return [
          await parallel(ctx, [async () => run(ctx, 'a', () => 1), thrown]).then(String, outcome),
          await parallel(ctx, [async () => thrown()]).then(String, outcome),
        ];
      }),
    ).toEqual([
      [418, 'at once'],
      [418, 'at once'],
    ]);
  });

  test('with a Nest 4xx exception is final, and thrown as it was', async () => {
    expect(
      await theatre.play((ctx) =>
        parallel(ctx, [
          async () => {
            throw new BadRequestException('no such sku');
          },
        ]).catch((error: unknown) => error instanceof BadRequestException),
      ),
    ).toBe(true);
  });

  test('in a nested parallel fails the branch around it', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const { outer, other } = await parallelSettled(ctx, {
          outer: async () =>
            parallel(ctx, [async () => worker.call.fail({ after: 1, message: 'deep' }), async () => ctx.sleep(10)]),
          other: async () => run(ctx, 'other', () => 'fine'),
        });
        return [outer.status === 'rejected' && outer.reason.message, other];
      }),
    ).toEqual(['deep', { status: 'fulfilled', value: 'fine' }]);
  });

  test('is one outcome of parallelSettled', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const settled = await parallelSettled(ctx, [
          async () => worker.call.fail({ after: 1, message: 'bad' }),
          async () => {
            throw new BadRequestException('worse');
          },
          async () => worker.call.work({ after: 10, answer: 'good' }),
        ]);
        return settled.map((each) => (each.status === 'rejected' ? outcome(each.reason) : each.value));
      }),
    ).toEqual([[422, 'bad'], [400, 'worse'], 'good']);
  });
});

describe('An ordinary error', () => {
  test('in a branch is retried, once executing runs have ended: no effect happens twice', async () => {
    const fault = new Fault();
    const effects = new Effects();
    let attempts = 0;
    const result = await theatre.play(async (ctx) => {
      attempts += 1;
      const results = await parallel(ctx, [
        async () => {
          const a = await run(ctx, 'a', () => effects.happen('a', 'a'));
          fault.strike();
          return a + (await run(ctx, 'b', () => effects.happen('b', 'b')));
        },
        async () => {
          await run(ctx, 'slow', async () => {
            effects.happen('slow', 0);
            await nap(80);
          });
          return run(ctx, 'c', () => effects.happen('c', 'c'));
        },
      ]);
      return results;
    });
    expect(result).toEqual(['ab', 'c']);
    expect(effects.all).toEqual({ a: 1, b: 1, c: 1, slow: 1 });
    expect(attempts).toBeGreaterThan(1);
  });

  test('after a parallel replays it without its effects', async () => {
    const fault = new Fault();
    const effects = new Effects();
    const result = await theatre.play(async (ctx, { worker }) => {
      const first = await parallel(ctx, [
        async () => {
          await ctx.sleep(10);
          return run(ctx, 'a', () => effects.happen('a', 'a'));
        },
        async () => {
          const answer = await worker.call.work({ after: 5, answer: 'b' });
          return run(ctx, 'b', () => effects.happen('b', answer));
        },
      ]);
      fault.strike();
      return [...first, await run(ctx, 'end', () => effects.happen('end', 'end'))];
    });
    expect(result).toEqual(['a', 'b', 'end']);
    expect(effects.all).toEqual({ a: 1, b: 1, end: 1 });
  });

  test('is retried at once although another branch waits for long', async () => {
    const fault = new Fault();
    let attempts = 0;
    const played = theatre.play(async (ctx) => {
      attempts += 1;
      await parallel(ctx, [
        async () => {
          await run(ctx, 'a', () => 1);
          fault.strike();
          return run(ctx, 'b', () => 2);
        },
        async () => parallel(ctx, [async () => ctx.sleep(3_000)]),
      ]);
    });
    const startedAt = performance.now();
    await expect.poll(() => fault.thrown && attempts > 1, { timeout: 2_500 }).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    await played;
  });

  test('in a nested parallel stops the branches around it too, which go on in the next attempt', async () => {
    const fault = new Fault();
    const effects = new Effects();
    const result = await theatre.play(async (ctx) =>
      parallel(ctx, [
        async () =>
          parallel(ctx, [
            async () => {
              await run(ctx, 'a', () => effects.happen('a', 1));
              await nap(1);
              fault.strike();
              return run(ctx, 'b', () => effects.happen('b', 'b'));
            },
            async () => run(ctx, 'slow', () => nap(60).then(() => effects.happen('slow', 'slow'))),
          ]),
        async () => {
          await run(ctx, 'slower', () => nap(90).then(() => effects.happen('slower', 1)));
          await ctx.sleep(1);
          return run(ctx, 'c', () => effects.happen('c', 'c'));
        },
      ]),
    );
    expect(result).toEqual([['b', 'slow'], 'c']);
    expect(effects.all).toEqual({ a: 1, b: 1, c: 1, slow: 1, slower: 1 });
  });

  test('that the handler catches although it should not leaves it usable', async () => {
    expect(
      await theatre.play(async (ctx) => {
        const caught = await parallel(ctx, [
          async () => {
            throw new Error('ordinary');
          },
          async () => parallel(ctx, [async () => ctx.sleep(60_000)]),
        ]).catch((error: Error) => error.message);
        return [caught, await run(ctx, 'after', () => 'after'), await parallel(ctx, [async () => 1])];
      }),
    ).toEqual(['ordinary', 'after', [1]]);
  });
});

describe('A cancellation', () => {
  test('is thrown once at the await of each branch, and branches clean up durably', async () => {
    const seen: string[] = [];
    const cleaned = new Effects();
    const branch = (ctx: Context, name: string) => async () => {
      await run(ctx, `start ${name}`, () => name);
      try {
        await ctx.sleep(60_000);
      } catch (error) {
        seen.push(`${name} ${error instanceof CancelledError}`);
        await run(ctx, `clean ${name}`, () => cleaned.happen(name, 1));
        await ctx.sleep(2);
        await run(ctx, `cleaner ${name}`, () => cleaned.happen(`${name} again`, 1));
        throw error;
      }
    };
    const played = await theatre.playAndCancel(async (ctx, { worker }, ready) => {
      ready();
      await parallel(ctx, [
        branch(ctx, 'a'),
        branch(ctx, 'b'),
        async () => parallel(ctx, { deep: branch(ctx, 'c') }),
        async () => worker.call.work({ after: 60_000, answer: 'never' }),
        async () => run(ctx, 'done', () => 1),
      ]);
    });
    expect(played).toMatchObject({ status: 'rejected', reason: { status: 409 } });
    expect(cleaned.all).toEqual({ a: 1, 'a again': 1, b: 1, 'b again': 1, c: 1, 'c again': 1 });
    expect([...new Set(seen)].toSorted()).toEqual(['a true', 'b true', 'c true']);
  });

  test('wins over another failure, and over parallelSettled', async () => {
    const played = await theatre.playAndCancel(async (ctx, _self, ready) => {
      ready();
      try {
        await parallelSettled(ctx, [
          async () => {
            throw new TerminalError('failed before');
          },
          async () => ctx.sleep(60_000),
        ]);
        return 'swallowed';
      } catch (error) {
        return `${error instanceof CancelledError} ${await run(ctx, 'after', () => 'after')}`;
      }
    });
    expect(played).toEqual({ status: 'fulfilled', value: 'true after' });
  });

  test('that every branch handles is over', async () => {
    const played = await theatre.playAndCancel(async (ctx, _self, ready) => {
      ready();
      const handle = () =>
        ctx.sleep(60_000).then(
          () => 'slept',
          () => 'handled',
        );
      return parallel(ctx, [handle, handle]);
    });
    expect(played).toEqual({ status: 'fulfilled', value: ['handled', 'handled'] });
  });

  test('aborts the signal of runs that branches wait for', async () => {
    const aborted = Promise.withResolvers<boolean>();
    const played = await theatre.playAndCancel(async (ctx, _self, ready) => {
      await parallel(ctx, [
        () =>
          run(ctx, 'long', ({ signal }) => {
            ready();
            signal.addEventListener('abort', () => aborted.resolve(true));
            return nap(2_000);
          }),
        async () => ctx.sleep(60_000),
      ]);
    });
    expect(played.status).toBe('rejected');
    expect(await aborted.promise).toBe(true);
  });
});

test('A parallel inside a run closure is refused', async () => {
  await expect(
    theatre.play((ctx) => run(ctx, 'closure', async () => void (await parallel(ctx, [async () => 1])))),
  ).rejects.toMatchObject({ response: { code: 'REA2001' } });
});
