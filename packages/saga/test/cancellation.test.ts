import { all, allSettled, awakeable, parallel, promise, promiseKey, race, run, withTimeout } from '@rea/core';
import { Interruption } from '@rea/core/internal';
import type { Context, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../core/test/support/until.js';
import { Play } from './support/play.js';
import { inviteCallees, type OnStage } from './support/scenes.js';
import { replaysAlways } from './support/test-mode.js';
import { MODES, Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** Waits that end only when the invocation is cancelled. */
const WAITS: Readonly<Record<string, (ctx: Context, on: OnStage, guest: string) => PromiseLike<unknown>>> = {
  'a sleep': (ctx) => ctx.sleep({ hours: 1 }),
  'an awakeable': (ctx) => awakeable(ctx).promise,
  'a signal': (ctx) => ctx.signal('never'),
  'a mapped sleep': (ctx) => ctx.sleep({ hours: 1 }).map(() => 'later'),
  'a call': (_, { callees }, guest) => callees.call.gated({ guest, name: 'callee' }),
  'all of two sleeps': (ctx) => all(ctx, [ctx.sleep({ hours: 1 }), ctx.sleep({ hours: 2 })]),
  'a race of sleeps': (ctx) => race(ctx, [ctx.sleep({ hours: 1 }), ctx.sleep({ hours: 2 })]),
  'allSettled of a sleep and an awakeable': (ctx) => allSettled(ctx, [ctx.sleep({ hours: 1 }), awakeable(ctx).promise]),
  'a wait with a timeout': (ctx) => withTimeout(ctx, awakeable(ctx).promise, { hours: 1 }),
  'a race of a call and a sleep': (ctx, { callees }, guest) =>
    race(ctx, [callees.call.gated({ guest, name: 'callee' }), ctx.sleep({ hours: 1 })]),
  'all of a run and a sleep': (ctx) => all(ctx, [run(ctx, 'quick', () => 1), ctx.sleep({ hours: 1 })]),
  'branches that wait': (ctx) =>
    parallel(ctx, [async () => ctx.sleep({ hours: 1 }), async () => ctx.sleep({ hours: 2 })]),
};

describe.for(MODES)('With %s cancellation, a cancel', (mode) => {
  test.for(Object.keys(WAITS))('during %s rolls back', async (what) => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      (ctx, on) =>
        on.sagas.run(ctx, 'waits', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await saga.step('b', {
            compensate: play.step(ctx, 'b').compensate,
            action: async () => {
              await run(ctx, 'ready', () => play.effects.add('ready'));
              await WAITS[what]!(ctx, on, guest);
              return 'over';
            },
          });
          await saga.step('c', play.step(ctx, 'c'));
        }),
      mode,
    );
    await play.effects.seen('ready');
    if (what.includes('call')) await play.effects.seen('callee begins');
    await performance.cancel();
    const ending = await performance.ending();
    expect(ending).toMatchObject({ status: 409, report: { cause: { kind: 'cancelled', code: 409, step: 'b' } } });
    expect(play.undone).toEqual(['undo b null', 'undo a value-a']);
    expect(play.effects.log).not.toContain('do c');
  });

  test('between two steps rolls back', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'between', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await run(ctx, 'between', async () => {
            play.effects.add('between');
            await play.effects.seen('go on');
          });
          await saga.step('b', play.step(ctx, 'b'));
        }),
      mode,
    );
    await play.effects.seen('between');
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject({ status: 409 });
    expect(play.effects.log).toEqual(['do a', 'between', 'go on', 'undo a value-a']);
  });

  test('before the first step starts nothing', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      async (ctx, { sagas }) => {
        await sagas.run(ctx, 'before', async (saga) => {
          await run(ctx, 'early', async () => {
            play.effects.add('early');
            await play.effects.seen('go on');
          });
          await saga.step('a', play.step(ctx, 'a'));
        });
      },
      mode,
    );
    await play.effects.seen('early');
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject({ status: 409, report: { steps: [], status: 'rolled-back' } });
    expect(play.effects.log).toEqual(['early', 'go on']);
  });

  test('during a running effect waits for its end, then undoes it, knowing its result', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'running', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          const slow = play.step(ctx, 'b', async () => {
            await play.effects.seen('go on');
            play.effects.add('b ends');
          });
          await saga.step('b', slow);
          await saga.step('c', play.step(ctx, 'c'));
        }),
      mode,
    );
    await play.effects.seen('do b');
    await performance.cancel();
    expect(play.undone).toEqual([]);
    play.effects.add('go on');
    const ending = await performance.ending();
    expect(ending).toMatchObject({ status: 409, report: { cause: { kind: 'cancelled' }, compensated: ['b', 'a'] } });
    expect(play.effects.log).toEqual(['do a', 'do b', 'go on', 'b ends', 'undo b value-b', 'undo a value-a']);
  });

  test('and one more during a running effect change nothing: its result is known', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'twice', async (saga) => {
          await saga.step(
            'b',
            play.step(ctx, 'b', () => play.effects.seen('go on')),
          );
        }),
      mode,
    );
    await play.effects.seen('do b');
    await performance.cancel();
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject({ status: 409 });
    expect(play.undone).toEqual(['undo b value-b']);
  });

  test('during a running effect that then fails: it is not retried, and undone', async (context) => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'fails after', async (saga) => {
          const interruption = Interruption.of(ctx)!;
          await saga.step(
            'a',
            play.step(ctx, 'a', async () => {
              await play.effects.seen('go on');
              // What the journal has reaches the attempt a moment later.
              const knows = () => replaysAlways(context) || interruption.causeFor(undefined) === 'cancelled';
              await until(knows, 'The attempt does not know.');
              throw new Error('for now');
            }),
          );
        }),
      mode,
    );
    await play.effects.seen('do a');
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject({ status: 409 });
    // An attempt that the server wants to suspend learns of nothing any more; the next one tries once, knowing.
    const tries = replaysAlways(context) ? ['do a', 'go on', 'do a'] : ['do a', 'go on'];
    expect(play.effects.log).toEqual([...tries, 'undo a null']);
  });

  test('while an effect is between two tries ends the retries', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'retries', async (saga) => {
          await saga.step('a', {
            compensate: play.step(ctx, 'a').compensate,
            action: () =>
              run(
                ctx,
                'a',
                (): string => {
                  play.effects.add('try a');
                  throw new Error('for now');
                },
                { retry: { initialInterval: 20, maxInterval: 50 } },
              ),
          });
        }),
      mode,
    );
    await play.effects.seen('try a');
    await performance.cancel();
    expect(await performance.ending()).toMatchObject({ status: 409 });
    expect(play.undone).toEqual(['undo a null']);
    expect(play.effects.log.at(-1)).toBe('undo a null');
  });

  test('that the block swallows rolls back all the same', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'swallows', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await run(ctx, 'ready', () => play.effects.add('ready'));
          await ctx.sleep({ hours: 1 }).catch(() => undefined);
          await run(ctx, 'cleaning', () => play.effects.add('cleaning'));
          return 'fine';
        }),
      mode,
    );
    await play.effects.seen('ready');
    await performance.cancel();
    expect(await performance.ending()).toMatchObject({ status: 409, report: { cause: { kind: 'cancelled' } } });
    expect(play.effects.log.slice(-2)).toEqual(['cleaning', 'undo a value-a']);
  });

  test('that the block swallows lets no further step begin', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'swallows all', async (saga) => {
          await run(ctx, 'ready', () => play.effects.add('ready'));
          await ctx.sleep({ hours: 1 }).catch(() => undefined);
          await saga.step('a', play.step(ctx, 'a')).catch(() => undefined);
          return 'fine';
        }),
      mode,
    );
    await play.effects.seen('ready');
    await performance.cancel();
    expect(await performance.ending()).toMatchObject({ status: 409 });
    expect(play.effects.log).toEqual(['ready']);
  });

  test('cancels callees and waits for their rollbacks', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      (ctx, { sagas, callees }) =>
        sagas.run(ctx, 'calls', async (saga) => {
          await saga.step('a', {
            compensate: play.step(ctx, 'a').compensate,
            action: () => callees.call.saga({ guest, name: 'callee' }),
          });
        }),
      mode,
    );
    await play.effects.seen('callee waits');
    await performance.cancel();
    await play.effects.seen('callee undoing');
    // One more for the callee, by way of the caller; it rolls back already.
    await performance.cancel();
    play.effects.add('callee may be undone');
    expect(await performance.ending()).toMatchObject({ status: 409 });
    expect(play.effects.log.slice(-2)).toEqual(['callee undone', 'undo a null']);
  });

  test('reaches the callees of callees; each saga rolls back when those below it have', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const scene = theatre.sceneName(play, (ctx, { sagas, callees }) => {
      const undo = (name: string) => () => (compensating: Context) =>
        run(compensating, `undo ${name}`, () => play.effects.add(`undo ${name}`));
      return sagas.run(ctx, 'inner', async (saga) => {
        await saga.step('i', { compensate: undo('i'), action: play.step(ctx, 'i').action });
        await saga.step('below', {
          compensate: undo('below'),
          action: () => callees.call.saga({ guest, name: 'callee' }),
        });
      });
    });
    const performance = await theatre.start(
      play,
      (ctx, { sagas, stage }) =>
        sagas.run(ctx, 'outer', async (saga) => {
          await saga.step('o', play.step(ctx, 'o'));
          await saga.step('inner', { irreversible: true, action: () => stage.call[mode](scene) });
        }),
      mode,
    );
    await play.effects.seen('callee waits');
    await performance.cancel();
    await play.effects.seen('callee undoing');
    play.effects.add('callee may be undone');
    expect(await performance.ending()).toMatchObject({ status: 409, report: { compensated: ['o'] } });
    expect(play.effects.log.slice(-4)).toEqual(['callee undone', 'undo below', 'undo i', 'undo o value-o']);
  });

  test('cancels a callee that nobody waits for any more, and waits for its rollback', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      (ctx, { sagas, callees }) =>
        sagas.run(ctx, 'loses', async (saga) => {
          await saga.step('a', {
            compensate: play.step(ctx, 'a').compensate,
            action: async () => {
              const call = callees.call.saga({ guest, name: 'callee' });
              await race(ctx, [
                call,
                run(ctx, 'wins', async () => {
                  await play.effects.seen('callee waits');
                }),
              ]);
              return 'raced';
            },
          });
          await run(ctx, 'ready', () => play.effects.add('ready'));
          await ctx.sleep({ hours: 1 });
        }),
      mode,
    );
    await play.effects.seen('ready');
    await performance.cancel();
    await play.effects.seen('callee undoing');
    play.effects.add('callee may be undone');
    expect(await performance.ending()).toMatchObject({ status: 409 });
    expect(play.effects.log.slice(-2)).toEqual(['callee undone', 'undo a raced']);
  });

  test('reaches each step of a parallel group: running effects end, waits end, nothing further begins', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      (ctx, { sagas, callees }) =>
        sagas.run(ctx, 'group', async (saga) => {
          const { compensate } = play.step(ctx, 'x');
          await saga.parallel({
            runs: {
              compensate: play.step(ctx, 'runs').compensate,
              action: async () => {
                await run(ctx, 'runs 1', async () => {
                  play.effects.add('runs 1');
                  await play.effects.seen('go on');
                });
                await run(ctx, 'runs 2', () => play.effects.add('runs 2'));
                return 'ran';
              },
            },
            sleeps: {
              compensate: play.step(ctx, 'sleeps').compensate,
              action: async () => {
                await ctx.sleep({ hours: 1 });
                await run(ctx, 'after sleep', () => play.effects.add('after sleep'));
                return 'slept';
              },
            },
            calls: {
              compensate,
              action: async () => {
                const value = await callees.call.gated({ guest, name: 'callee' });
                await run(ctx, 'after call', () => play.effects.add('after call'));
                return value;
              },
            },
          });
        }),
      mode,
    );
    await Promise.all([play.effects.seen('runs 1'), play.effects.seen('callee begins')]);
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject({ status: 409, report: { status: 'rolled-back' } });
    expect(play.undone.toSorted()).toEqual(['undo runs null', 'undo sleeps null', 'undo x null']);
    for (const never of ['runs 2', 'after sleep', 'after call']) expect(play.effects.log).not.toContain(never);
  });

  test('reaches what sleeps beside a nested saga that rolls back and is caught', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'beside', async (saga) => {
          const block = (name: string) => ({
            irreversible: true as const,
            action: async () =>
              saga
                .nested(name, async (inner) => {
                  await inner.step(
                    name,
                    play.step(ctx, name, () => play.effects.seen('go on')),
                  );
                })
                .catch(() => undefined),
          });
          await saga.parallel({
            one: block('a'),
            two: block('b'),
            sleeps: { irreversible: true, action: () => ctx.sleep({ hours: 1 }).catch(() => undefined) },
          });
        }),
      mode,
    );
    await Promise.all([play.effects.seen('do a'), play.effects.seen('do b')]);
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject({ status: 409, report: { cause: { kind: 'cancelled' } } });
    expect(play.undone.toSorted()).toEqual(['undo a value-a', 'undo b value-b']);
  });

  test('reaches branches that have something left to clean up, once each', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'branches', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await parallel(ctx, [
            async () => {
              try {
                await run(ctx, 'one', async () => {
                  play.effects.add('one');
                  await play.effects.seen('go on');
                });
                await run(ctx, 'two', () => play.effects.add('two'));
              } catch {
                await run(ctx, 'clean 1', () => play.effects.add('clean 1'));
              }
            },
            async () => {
              try {
                await ctx.sleep({ hours: 1 });
              } catch {
                await run(ctx, 'clean 2', () => play.effects.add('clean 2'));
              }
            },
          ]);
        }),
      mode,
    );
    await play.effects.seen('one');
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject({ status: 409 });
    expect(play.effects.log.filter((line) => line !== 'go on').toSorted()).toEqual([
      'clean 1',
      'clean 2',
      'do a',
      'one',
      'undo a value-a',
    ]);
  });

  test('after the last step, when nothing waits any more, comes too late', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) => sagas.run(ctx, 'late', async (saga) => saga.step('a', play.step(ctx, 'a'))),
      mode,
    );
    expect(await performance.ending()).toEqual({ value: 'value-a' });
    await theatre.app.cancel(performance.id).catch(() => undefined);
    expect(play.undone).toEqual([]);
  });
});

test('A cancel during a promise of a workflow rolls back', async () => {
  const play = new Play();
  const key = promiseKey<string>('never');
  const performance = await theatre.startWorkflow<WorkflowContext>(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'promise', async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      await run(ctx, 'ready', () => play.effects.add('ready'));
      await promise(ctx, key).get();
    }),
  );
  await play.effects.seen('ready');
  await performance.cancel();
  expect(await performance.ending()).toMatchObject({ status: 409 });
  expect(play.undone).toEqual(['undo a value-a']);
});

test('A cancelled saga that is caught lets its handler go on', async () => {
  const play = new Play();
  const performance = await theatre.start(play, async (ctx, { sagas }) => {
    await sagas
      .run(ctx, 'caught', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await run(ctx, 'ready', () => play.effects.add('ready'));
        await ctx.sleep({ hours: 1 });
      })
      .catch(() => undefined);
    return sagas.run(ctx, 'next', async (saga) => saga.step('b', play.step(ctx, 'b')));
  });
  await play.effects.seen('ready');
  await performance.cancel();
  expect(await performance.ending()).toEqual({ value: 'value-b' });
  expect(play.effects.log).toEqual(['do a', 'ready', 'undo a value-a', 'do b']);
});
