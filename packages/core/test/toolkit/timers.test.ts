import {
  after,
  all,
  allSettled,
  awakeable,
  now,
  orDefault,
  promise,
  promiseKey,
  race,
  run,
  sleep,
  sleepUntil,
  withTimeout,
} from '@rea/core';
import type { HttpException } from '@nestjs/common';
import { CancelledError, type Context, type RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { failOnce, type Stage, Theatre, told, Worker } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

const decision = promiseKey<string>('decision');

/** The sleeps in an invocation's journal. */
async function sleepsOf(invocationId: string) {
  const journal = await theatre.app.journal(invocationId);
  return journal.filter(({ entry_type }) => entry_type === 'Command: Sleep');
}

describe('A sleep', () => {
  test('lasts at least as long as it says, and is shown under its name', async () => {
    const [id, slept] = await theatre.play(async (ctx) => {
      const before = await now(ctx);
      await sleep(ctx, { milliseconds: 120 }, 'let the parcel settle');
      return [ctx.request().id, (await now(ctx)).getTime() - before.getTime()] as const;
    });
    expect(slept).toBeGreaterThanOrEqual(120);
    expect(await sleepsOf(id)).toMatchObject([{ name: 'let the parcel settle' }]);
  });

  test('is not slept again when the handler fails after it', async () => {
    const fail = failOnce();
    let effects = 0;
    const id = await theatre.play(async (ctx) => {
      await sleep(ctx, 50);
      await run(ctx, 'effect', () => void (effects += 1));
      fail();
      return ctx.request().id;
    });
    expect(effects).toBe(1);
    expect(await sleepsOf(id)).toHaveLength(1);
  });

  test('is a durable future, for any combination', async () => {
    expect(await theatre.play((ctx) => all(ctx, [sleep(ctx, 10), sleep(ctx, 1)]))).toEqual([null, null]);
  });
});

describe('A sleep until a time', () => {
  test.each<[string, () => Date | number]>([
    ['a Date', () => new Date(0)],
    ['milliseconds', () => Date.now() - 86_400_000],
    ['a negative number', () => -5],
  ])('that has passed is over at once: %s', async (_what, time) => {
    const at = time();
    const slept = await theatre.play(async (ctx) => {
      const before = await now(ctx);
      await sleepUntil(ctx, at);
      return (await now(ctx)).getTime() - before.getTime();
    });
    expect(slept).toBeLessThan(5_000);
  });

  test('is over at that time, not before', async () => {
    const { until, woken } = await theatre.play(async (ctx) => {
      const at = (await now(ctx)).getTime() + 150;
      await sleepUntil(ctx, new Date(at), 'until the shop opens');
      return { until: at, woken: (await now(ctx)).getTime() };
    });
    expect(woken).toBeGreaterThanOrEqual(until);
  });

  test('reads the clock once: an attempt that fails after it does not sleep again', async () => {
    const fail = failOnce();
    const target = Date.now() + 1_500;
    const woken: number[] = [];
    const id = await theatre.play(async (ctx) => {
      await sleepUntil(ctx, target, 'until the shop opens');
      woken.push(Date.now());
      fail();
      return ctx.request().id;
    });
    expect(woken.length).toBeGreaterThanOrEqual(2);
    for (const each of woken) expect(each).toBeGreaterThanOrEqual(target);
    expect(await sleepsOf(id)).toMatchObject([{ name: 'until the shop opens' }]);
    const runs = (await theatre.app.journal(id)).filter(({ entry_type }) => entry_type === 'Command: Run');
    expect(runs).toHaveLength(1);
  });

  test('that is no time at all is a terminal error', async () => {
    const outcome = await theatre.play((ctx) => sleepUntil(ctx, new Date('no date')).then(() => 'slept', told));
    expect(outcome).toMatchObject({ terminal: true });
  });
});

describe('A timer with a value', () => {
  test('is the one side of a race', async () => {
    const fail = failOnce();
    expect(
      await theatre.play(async (ctx, { worker }) => {
        const late = await race(ctx, [worker.call.hold(`race-${ctx.request().id}`), after(ctx, 50, { late: true })]);
        fail();
        const early = await race(ctx, [worker.call.answer('early'), after(ctx, { hours: 1 }, 'late')]);
        return [late, early];
      }),
    ).toEqual([{ late: true }, 'early']);
  });

  test('hands its value over as it is, undefined and functions too', async () => {
    expect(
      await theatre.play(async (ctx) => {
        const made = await after(ctx, 1, () => 'called');
        return [made(), String(await after(ctx, 1, undefined))];
      }),
    ).toEqual(['called', 'undefined']);
  });
});

type Source = (ctx: Context, stage: Stage, name: string) => RestatePromise<string>;

/** Something to wait for: how it is made, how it comes in time, and how it fails. */
const sources: [string, { never: Source; inTime: Source; failing: Source }][] = [
  [
    'a call',
    {
      never: (_ctx, { worker }, name) => worker.call.hold(name),
      inTime: (_ctx, { worker }) => worker.call.answer('there').map((answer) => answer!),
      failing: (_ctx, { worker }) => worker.call.fail('broken'),
    },
  ],
  [
    'an awakeable',
    {
      never: (ctx) => awakeable<string>(ctx).promise,
      inTime: (ctx) => {
        const { id, promise: arrived } = awakeable<string>(ctx);
        ctx.resolveAwakeable(id, 'there');
        return arrived;
      },
      failing: (ctx) => {
        const { id, promise: arrived } = awakeable<string>(ctx);
        ctx.rejectAwakeable(id, new TerminalError('broken', { errorCode: 422 }));
        return arrived;
      },
    },
  ],
  [
    'a run',
    {
      never: (ctx, { worker }, name) => worker.call.hold(name),
      inTime: (ctx) => run(ctx, 'there', () => 'there'),
      failing: (ctx) =>
        run(ctx, 'broken', () => {
          throw new TerminalError('broken', { errorCode: 422 });
        }),
    },
  ],
];

describe.each(sources)('A wait with a bound, for %s,', (_what, { never, inTime, failing }) => {
  test('gives the value when it comes in time', async () => {
    const fail = failOnce();
    expect(
      await theatre.play(async (ctx, stage) => {
        const name = ctx.request().id;
        const bound = await withTimeout(ctx, inTime(ctx, stage, name), { hours: 1 });
        fail();
        return [bound, await orDefault(ctx, inTime(ctx, stage, name), { hours: 1 }, 'default')];
      }),
    ).toEqual([{ timedOut: false, value: 'there' }, 'there']);
  });

  test('says so, or gives the default, when nothing comes', async () => {
    const fail = failOnce();
    expect(
      await theatre.play(async (ctx, stage) => {
        const name = ctx.request().id;
        const bound = await withTimeout(ctx, never(ctx, stage, name), 40);
        fail();
        return [bound, await orDefault(ctx, never(ctx, stage, name), { milliseconds: 40 }, null)];
      }),
    ).toEqual([{ timedOut: true }, null]);
  });

  test('throws the failure that comes in time', async () => {
    const failures = await theatre.play(async (ctx, stage) => {
      const name = ctx.request().id;
      return [
        await withTimeout(ctx, failing(ctx, stage, name), { hours: 1 }).then(() => undefined, told),
        await orDefault(ctx, failing(ctx, stage, name), { hours: 1 }, 'default').then(() => undefined, told),
      ];
    });
    for (const each of failures)
      expect(each).toMatchObject({ terminal: true, message: expect.stringContaining('broken') });
    expect((failures[0] as { code: number }).code).not.toBe(408);
  });
});

describe('A wait with a bound, for a promise,', () => {
  test('gives the value when it comes in time, also after an attempt that fails', async () => {
    const fail = failOnce();
    const { flow, result } = await theatre.start(async (ctx) => {
      const bound = await withTimeout(ctx, promise(ctx, decision).get(), { hours: 1 });
      fail();
      return bound;
    });
    await theatre.tell(flow, (ctx) => promise(ctx, decision).resolve('approved'));
    expect(await result).toEqual({ timedOut: false, value: 'approved' });
  });

  test('throws the rejection that comes in time', async () => {
    const { flow, result } = await theatre.start((ctx) =>
      orDefault(ctx, promise(ctx, decision).get(), { hours: 1 }, 'default').then(() => undefined, told),
    );
    await theatre.tell(flow, (ctx) => promise(ctx, decision).reject(new TerminalError('no', { errorCode: 451 })));
    expect(await result).toEqual({ terminal: true, code: 451, message: 'no' });
  });

  test('gives the default when nothing comes, and what comes later is still to be had', async () => {
    const waiting = Promise.withResolvers<void>();
    const { flow, result } = await theatre.start(async (ctx) => {
      const early = await orDefault(ctx, promise(ctx, decision).get(), 30, 'undecided');
      waiting.resolve();
      return [early, await promise(ctx, decision).get()];
    });
    await waiting.promise;
    await theatre.tell(flow, (ctx) => promise(ctx, decision).resolve('approved'));
    expect(await result).toEqual(['undecided', 'approved']);
  });
});

describe('A wait with a bound', () => {
  test('does not take null, false or an empty text for a timeout', async () => {
    expect(
      await theatre.play(async (ctx, { worker }) => [
        await orDefault(ctx, worker.call.answer(null), { hours: 1 }, 'default'),
        await orDefault(ctx, worker.call.answer(''), { hours: 1 }, 'default'),
        await orDefault(
          ctx,
          run(ctx, 'no', () => false),
          { hours: 1 },
          'default',
        ),
        await withTimeout(ctx, worker.call.answer(null), { hours: 1 }),
      ]),
    ).toEqual([null, '', false, { timedOut: false, value: null }]);
  });

  test('lets the call that it gave up go on', async () => {
    const name = 'given-up';
    const invocation = await theatre.play(async (ctx, { worker }) => {
      const call = worker.call.hold(name);
      expect(await withTimeout(ctx, call, 30)).toEqual({ timedOut: true });
      return call.invocationId;
    });
    const id = await eventually(() => Worker.waiting.get(name) ?? Promise.reject(new Error('not waiting')));
    await theatre.app.ingress.service(Worker).call.release({ id, answer: 'late' }, { idempotencyKey: false });
    await eventually(async () => {
      const row = (await theatre.app.invocations('Worker')).find((each) => each.id === invocation);
      expect(row).toMatchObject({ status: 'completed', completion_result: 'success' });
    });
  });

  test('is a durable future, for any combination', async () => {
    expect(
      await theatre.play((ctx, { worker }) =>
        allSettled(ctx, [
          withTimeout(ctx, worker.call.answer('a'), { hours: 1 }),
          orDefault(ctx, worker.call.hold(ctx.request().id), 20, 'b'),
        ]),
      ),
    ).toEqual([
      { status: 'fulfilled', value: { timedOut: false, value: 'a' } },
      { status: 'fulfilled', value: 'b' },
    ]);
  });

  test.each(['withTimeout', 'orDefault'] as const)(
    'is interrupted by a cancellation, which is no timeout: %s',
    async (how) => {
      const waiting = Promise.withResolvers<string>();
      const caught: unknown[] = [];
      const outcome = theatre
        .play(async (ctx) => {
          const { promise: never } = awakeable<string>(ctx);
          const wait: RestatePromise<unknown> =
            how === 'withTimeout'
              ? withTimeout(ctx, never, { hours: 1 })
              : orDefault(ctx, never, { hours: 1 }, 'default');
          waiting.resolve(ctx.request().id);
          return wait.then(
            (value) => value,
            (error: unknown) => {
              caught.push(error);
              throw error;
            },
          );
        })
        .catch((error: HttpException) => error.getStatus());
      await theatre.app.cancel(await waiting.promise);
      expect(await outcome).toBe(409);
      expect(caught).toEqual([expect.any(CancelledError)]);
    },
  );
});
