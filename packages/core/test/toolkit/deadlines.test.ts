import { setTimeout as pause } from 'node:timers/promises';
import type { HttpException } from '@nestjs/common';
import {
  all,
  awakeable,
  DeadlineError,
  mapSettled,
  orDefault,
  parallel,
  parallelSettled,
  run,
  runInContext,
  sleep,
  withDeadline,
} from '@rea/core';
import { fakeContext } from '@rea/testing';
import { CancelledError, type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replaysAlways } from '../support/test-mode.js';
import { failOnce, type Stage, Theatre, told } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** Longer than any test. */
const LONG = { hours: 1 };
const EXPIRED = { terminal: true, code: 408, rea: 'REA7033' };

/** As {@link told}; an ordinary error ends the attempt. */
function ended(error: unknown) {
  if (!(error instanceof TerminalError)) throw error;
  return told(error);
}

const never = (ctx: Context) => awakeable<string>(ctx).promise;

/** Plays a scene and cancels it once it has called `ready`. */
async function playAndCancel(scene: (ctx: Context, ready: () => void, stage: Stage) => Promise<unknown>) {
  const ready = Promise.withResolvers<string>();
  const outcome = theatre
    .play((ctx, stage) => scene(ctx, () => ready.resolve(ctx.request().id), stage))
    .then(
      (value) => value,
      (error: HttpException) => error.getStatus(),
    );
  await theatre.app.cancel(await ready.promise);
  return outcome;
}

describe('A block with a deadline', () => {
  test('gives its result when it is done in time, and its deadline does not count any more', async () => {
    const fail = failOnce();
    const played = await theatre.play(async (ctx, { worker }) => {
      const done = await withDeadline(ctx, 400, async () => {
        const first = await worker.call.answer('a');
        await sleep(ctx, 5);
        return [first, await run(ctx, 'b', () => 'b')];
      });
      fail();
      await sleep(ctx, 600);
      return [done, await worker.call.answer('after')];
    });
    expect(played).toEqual([['a', 'b'], 'after']);
  });

  test('fails with 408 when it is not, and the handler goes on', async () => {
    const fail = failOnce();
    const played = await theatre.play(async (ctx, { worker }) => {
      const caught = await withDeadline(ctx, 40, async () => {
        await worker.call.answer('a');
        return worker.call.hold(`deadline-${ctx.request().id}`);
      }).catch((error: unknown) => [error instanceof DeadlineError, told(error)]);
      fail();
      return [caught, await worker.call.answer('after'), await run(ctx, 'more', () => 'more')];
    });
    expect(played).toEqual([[true, expect.objectContaining(EXPIRED)], 'after', 'more']);
  });

  test('names the handler and the time in its message', async () => {
    const failed = theatre.play((ctx) => withDeadline(ctx, { milliseconds: 20 }, () => never(ctx)));
    await expect(failed).rejects.toMatchObject({
      status: 408,
      response: {
        code: 'REA7033',
        message: expect.stringMatching(
          /^REA7033: The block in Stage\/play was not done within its deadline of 20 ms\./,
        ),
      },
    });
  });

  test('is told once, and may clean up durably', async () => {
    const fail = failOnce();
    const log: unknown[] = [];
    const outcome = await theatre.play(async (ctx, { worker }) =>
      withDeadline(ctx, 30, async () => {
        log.length = 0;
        try {
          await never(ctx);
        } catch (error) {
          log.push(told(error));
          log.push(await worker.call.answer('undone'));
          await sleep(ctx, 60);
          fail();
          log.push(await run(ctx, 'undo', () => 'undo'));
          throw error;
        } finally {
          log.push('finally');
        }
      }).catch(ended),
    );
    expect(outcome).toMatchObject(EXPIRED);
    expect(log).toEqual([expect.objectContaining(EXPIRED), 'undone', 'undo', 'finally']);
  });

  test('fails also when it takes no notice and returns something', async () => {
    const outcome = await theatre.play((ctx) =>
      withDeadline(ctx, 20, () =>
        never(ctx).then(
          () => 'never',
          () => 'fallback',
        ),
      ).catch(ended),
    );
    expect(outcome).toMatchObject(EXPIRED);
  });

  test('may fail with an error of its own instead', async () => {
    const outcome = await theatre.play((ctx) =>
      withDeadline(ctx, 20, async () => {
        try {
          await never(ctx);
        } catch {
          throw new TerminalError('rolled back', { errorCode: 422 });
        }
      }).catch(ended),
    );
    expect(outcome).toEqual({ terminal: true, code: 422, message: 'rolled back' });
  });

  test('throws what fails in time as it is', async () => {
    const outcome = await theatre.play((ctx, { worker }) =>
      withDeadline(ctx, LONG, () => worker.call.fail('broken')).catch(ended),
    );
    expect(outcome).toMatchObject({ terminal: true, code: 422, message: 'broken' });
  });

  test('is tried again after an ordinary error, and keeps the deadline of the first attempt', async () => {
    const fail = failOnce();
    const id = await theatre.play((ctx) =>
      withDeadline(ctx, LONG, async () => {
        await run(ctx, 'step', () => 1);
        fail();
        return ctx.request().id;
      }),
    );
    const journal = await theatre.app.journal(id);
    expect(journal.filter(({ entry_type }) => entry_type === 'Command: Sleep')).toMatchObject([{ name: 'deadline' }]);
  });

  test('passes at once when no time is given, at the first await that waits', async () => {
    const outcome = await theatre.play((ctx) => withDeadline(ctx, 0, () => never(ctx)).catch(ended));
    expect(outcome).toMatchObject(EXPIRED);
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('refuses a deadline of %s', async (duration) => {
    const outcome = await theatre.play((ctx) => withDeadline(ctx, duration, async () => 'done').catch(ended));
    expect(outcome).toMatchObject({ terminal: true, code: 500, rea: 'REA7034' });
  });

  test('aborts the signal of a run that it gives up', async (context) => {
    // There the timer is over once the run is.
    if (replaysAlways(context)) return context.skip();
    const reasons: unknown[] = [];
    const outcome = await theatre.play((ctx) =>
      withDeadline(ctx, 50, () =>
        run(ctx, 'slow', async ({ signal }) => {
          await pause(10_000, undefined, { signal }).catch(() => undefined);
          reasons.push(signal.reason);
        }),
      ).catch(ended),
    );
    expect(outcome).toMatchObject(EXPIRED);
    expect(reasons[0]).toBeDefined();
  });

  test('tells code that waits for something native at its next durable await', async () => {
    const outcome = await theatre.play(async (ctx, { worker }) => {
      const log: unknown[] = [];
      const caught = await withDeadline(ctx, 300, async () => {
        await worker.call.answer('before');
        const { promise, resolve } = Promise.withResolvers<void>();
        setTimeout(resolve, 2_500);
        await promise;
        await worker.call.answer('next').catch((error: unknown) => log.push(told(error)));
        log.push(await worker.call.answer('cleanup'));
      }).catch(ended);
      return [caught, log];
    });
    expect(outcome).toEqual([expect.objectContaining(EXPIRED), [expect.objectContaining(EXPIRED), 'cleanup']]);
  });

  test('leaves a future to whoever else waits for it', async () => {
    const outcome = await theatre.play(async (ctx, { worker }) => {
      const answer = sleep(ctx, 150).map(() => 'there');
      const both = await parallel(ctx, [() => withDeadline(ctx, 30, () => answer).catch(ended), () => answer]);
      return [both, await answer, await worker.call.answer('after')];
    });
    expect(outcome).toEqual([[expect.objectContaining(EXPIRED), 'there'], 'there', 'after']);
  });
});

describe('Branches under a deadline', () => {
  test('are all told, and nothing of them surfaces later', async () => {
    const fail = failOnce();
    const outcome = await theatre.play(async (ctx, { worker }) => {
      const log: string[] = [];
      const wait = (name: string) => async () => {
        try {
          await never(ctx);
        } catch (error) {
          log.push(`${name}: ${told(error).code}`, (await worker.call.answer(`${name} cleaned`))!);
          throw error;
        }
      };
      const caught = await withDeadline(ctx, 40, () => parallel(ctx, [wait('a'), wait('b')])).catch(ended);
      const then = [...log];
      fail();
      await worker.call.answer('after');
      return [caught, then.toSorted(), log.length];
    });
    expect(outcome).toEqual([expect.objectContaining(EXPIRED), ['a cleaned', 'a: 408', 'b cleaned', 'b: 408'], 4]);
  });

  test('that nobody joined go no further', async () => {
    const outcome = await theatre.play(async (ctx, { worker }) => {
      const log: string[] = [];
      const caught = await withDeadline(ctx, 40, async () => {
        void parallel(ctx, [
          async () => {
            await never(ctx).catch(() => undefined);
            await sleep(ctx, 80);
            log.push('surfaced');
          },
        ]);
        await never(ctx);
      }).catch(ended);
      await sleep(ctx, 200);
      return [caught, await all(ctx, [worker.call.answer('x'), sleep(ctx, 1)]), log];
    });
    expect(outcome).toEqual([expect.objectContaining(EXPIRED), ['x', null], []]);
  });

  test.each<[string, (ctx: Context) => Promise<unknown>]>([
    ['parallelSettled', (ctx) => parallelSettled(ctx, [() => never(ctx), () => never(ctx)])],
    ['mapSettled', (ctx) => mapSettled(ctx, [1, 2, 3, 4], 2, () => never(ctx))],
  ])('do not take it for an outcome of theirs: %s', async (_what, block) => {
    const outcome = await theatre.play(async (ctx) => {
      let went = 'interrupted';
      const caught = await withDeadline(ctx, 30, async () => {
        await block(ctx);
        went = 'on';
      }).catch(ended);
      return [caught, went];
    });
    expect(outcome).toEqual([expect.objectContaining(EXPIRED), 'interrupted']);
  });

  test('have deadlines of their own, which are outcomes', async () => {
    const fail = failOnce();
    const outcome = await theatre.play(async (ctx, { worker }) => {
      const results = await mapSettled(ctx, [20, 3_600_000, 40], 3, (millis) =>
        withDeadline(ctx, millis, () => (millis < 100 ? never(ctx) : worker.call.answer('in time'))),
      );
      fail();
      return results.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.code));
    });
    expect(outcome).toEqual([408, 'in time', 408]);
  });
});

describe('Of two deadlines', () => {
  test('the inner one may pass first, and the outer one goes on', async () => {
    const fail = failOnce();
    const outcome = await theatre.play((ctx, { worker }) =>
      withDeadline(ctx, LONG, async () => {
        const inner = await withDeadline(ctx, 20, () => never(ctx)).catch(ended);
        fail();
        return [inner, await worker.call.answer('still in time')];
      }),
    );
    expect(outcome).toEqual([expect.objectContaining(EXPIRED), 'still in time']);
  });

  test('the outer one may pass first: it ends both, whatever is done about the inner one', async () => {
    const outcome = await theatre.play(async (ctx, { worker }) => {
      const log: unknown[] = [];
      const caught = await withDeadline(ctx, 40, () =>
        withDeadline(ctx, LONG, async () => {
          await never(ctx).catch((error: unknown) => log.push(told(error)));
          log.push(await worker.call.answer('cleanup'));
          return 'ignored';
        }),
      ).catch(ended);
      return [caught, log];
    });
    expect(outcome).toEqual([expect.objectContaining(EXPIRED), [expect.objectContaining(EXPIRED), 'cleanup']]);
  });

  test('the outer one bounds what is done after the inner one has passed', async () => {
    const outcome = await theatre.play(async (ctx) => {
      const log: string[] = [];
      const caught = await withDeadline(ctx, 120, () =>
        withDeadline(ctx, 20, async () => {
          await never(ctx).catch(() => log.push('inner'));
          await never(ctx).catch(() => log.push('outer'));
        }),
      ).catch(ended);
      return [caught, log];
    });
    expect(outcome).toEqual([expect.objectContaining(EXPIRED), ['inner', 'outer']]);
  });
});

describe('A cancellation under a deadline', () => {
  test('is a cancellation', async () => {
    const caught: unknown[] = [];
    const outcome = await playAndCancel((ctx, ready) =>
      withDeadline(ctx, LONG, async () => {
        const wait = never(ctx);
        ready();
        return wait;
      }).catch((error: unknown) => {
        caught.push(error);
        throw error;
      }),
    );
    expect(outcome).toBe(409);
    expect(caught).toEqual([expect.any(CancelledError)]);
  });

  test('ends the deadline: what cleans up has its time', async () => {
    const log: unknown[] = [];
    const outcome = await playAndCancel((ctx, ready, { worker }) =>
      withDeadline(ctx, 1_500, async () => {
        try {
          const wait = never(ctx);
          ready();
          await wait;
        } catch (error) {
          await sleep(ctx, 2_000);
          log.push(await worker.call.answer('cleaned up'));
          throw error;
        }
      }),
    );
    expect(outcome).toBe(409);
    expect(log).toContain('cleaned up');
  });

  test('reaches each branch, under two deadlines too', async () => {
    const log: string[] = [];
    const outcome = await playAndCancel((ctx, ready) =>
      withDeadline(ctx, LONG, () =>
        parallel(
          ctx,
          ['a', 'b'].map(
            (name) => () =>
              withDeadline(ctx, LONG, async () => {
                const wait = never(ctx);
                if (name === 'b') ready();
                return wait.catch((error: unknown) => {
                  log.push(`${name}: ${(error as Error).name}`);
                  throw error;
                });
              }),
          ),
        ),
      ),
    );
    expect(outcome).toBe(409);
    expect(log.toSorted()).toEqual(['a: CancelledError', 'b: CancelledError']);
  });
});

test('A deadline inside a run is refused', async () => {
  const refused = theatre.play((ctx) => run(ctx, 'step', () => withDeadline(ctx, 10, async () => 1)));
  await expect(refused).rejects.toMatchObject({ response: { code: 'REA2001' } });
});

test('A wait with a bound works under a deadline', async () => {
  const outcome = await theatre.play((ctx) => withDeadline(ctx, LONG, () => orDefault(ctx, never(ctx), 20, 'default')));
  expect(outcome).toBe('default');
});

test('A deadline does not pass with a fake context', async () => {
  const ctx = fakeContext();
  const done = await runInContext(ctx, (guarded) =>
    withDeadline(guarded, 1, async () => {
      await sleep(guarded, LONG);
      return run(guarded, 'step', () => 'done');
    }),
  );
  expect([done, ctx.sleeps]).toEqual(['done', [LONG]]);
});
