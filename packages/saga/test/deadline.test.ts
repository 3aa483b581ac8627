import { run } from '@rea/core';
import type { Saga } from '@rea/saga';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Play } from './support/play.js';
import { inviteCallees, type OnStage } from './support/scenes.js';
import { MODES, Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** In milliseconds; the long one leaves a callee time to begin. */
const DEADLINE = 300;
const LONG_DEADLINE = 1_500;

/** A step that is done at once, so that no deadline can pass before the next one. */
function quick(play: Play, ctx: Context, name: string) {
  return { compensate: play.step(ctx, name).compensate, action: async () => `value-${name}` };
}

function saga(play: Play, block: (ctx: Context, saga: Saga, on: OnStage) => PromiseLike<unknown>, deadline = DEADLINE) {
  return (ctx: Context, on: OnStage) =>
    on.sagas.run(
      ctx,
      'deadline',
      async (running) => {
        await running.step('a', quick(play, ctx, 'a'));
        return block(ctx, running, on);
      },
      { deadline },
    );
}

const late = (deadline = DEADLINE) => ({
  status: 408,
  message: `The saga "deadline" was not done within its deadline of ${deadline} ms.`,
  report: { status: 'rolled-back', cause: { kind: 'deadline', code: 408 } },
});

describe.for(MODES)('With %s cancellation, a deadline', (mode) => {
  test('that passes during a sleep rolls back and fails with 408', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      saga(play, (ctx) => ctx.sleep({ hours: 1 })),
      mode,
    );
    expect(ending).toMatchObject(late());
    expect(play.undone).toEqual(['undo a value-a']);
  });

  test('that passes during a run waits for its end', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      saga(play, (ctx, running) =>
        running.step(
          'b',
          play.step(ctx, 'b', () => play.effects.seen('go on')),
        ),
      ),
      mode,
    );
    await play.effects.seen('do b');
    await performance.reaches('Notification: Sleep');
    expect(play.undone).toEqual([]);
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject(late());
    expect(play.undone).toEqual(['undo b value-b', 'undo a value-a']);
  });

  test('that passes during a call cancels the callee and waits for its rollback', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      saga(
        play,
        (ctx, running, { callees }) =>
          running.step('b', {
            compensate: play.step(ctx, 'b').compensate,
            action: () => callees.call.saga({ guest, name: 'callee' }),
          }),
        LONG_DEADLINE,
      ),
      mode,
    );
    await play.effects.seen('callee undoing');
    expect(play.undone).toEqual([]);
    play.effects.add('callee may be undone');
    expect(await performance.ending()).toMatchObject(late(LONG_DEADLINE));
    expect(play.effects.log.slice(-3)).toEqual(['callee undone', 'undo b null', 'undo a value-a']);
  });

  test('that passes during a group reaches each of its steps', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      saga(play, (ctx, running) =>
        running.parallel({
          sleeps: {
            compensate: play.step(ctx, 'sleeps').compensate,
            action: () => ctx.sleep({ hours: 1 }).map(() => ''),
          },
          runs: {
            compensate: play.step(ctx, 'runs').compensate,
            action: async () => {
              await run(ctx, 'one', async () => {
                play.effects.add('one');
                await play.effects.seen('go on');
              });
              await run(ctx, 'two', () => play.effects.add('two'));
              return '';
            },
          },
        }),
      ),
      mode,
    );
    await play.effects.seen('one');
    await performance.reaches('Notification: Sleep');
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject(late());
    expect(play.effects.log).not.toContain('two');
    expect(play.undone.toSorted()).toEqual(['undo a value-a', 'undo runs null', 'undo sleeps null']);
  });

  test('that passes in a nested saga is the whole saga’s', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      saga(play, (ctx, running) =>
        running.nested('inner', async (inner) => {
          await inner.step('x', play.step(ctx, 'x'));
          await ctx.sleep({ hours: 1 });
        }),
      ),
      mode,
    );
    expect(ending).toMatchObject(late());
    expect(play.undone).toEqual(['undo x value-x', 'undo a value-a']);
  });

  test('that passes and is swallowed rolls back all the same', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      saga(play, (ctx) => ctx.sleep({ hours: 1 }).catch(() => 'fine')),
      mode,
    );
    expect(ending).toMatchObject(late());
  });

  test('does not interrupt the rollback of an earlier failure', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(
          ctx,
          'deadline',
          async (running) => {
            await running.step('a', {
              compensate: () => async (compensating) => {
                await compensating.sleep(2 * DEADLINE);
                await run(compensating, 'undo', () => play.effects.add('undo a'));
              },
              action: quick(play, ctx, 'a').action,
            });
            await running.step('b', {
              compensate: play.step(ctx, 'b').compensate,
              action: () => Promise.reject(new TerminalError('no b', { errorCode: 418 })),
            });
          },
          { deadline: DEADLINE },
        ),
      mode,
    );
    expect(ending).toMatchObject({ status: 418, report: { compensated: ['b', 'a'], cause: { kind: 'error' } } });
    expect(play.undone).toEqual(['undo b null', 'undo a']);
  });

  test('changes nothing when the saga is done in time, nor for what comes after it', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      async (ctx, on) => {
        const value = await saga(play, (_, running) => running.step('b', quick(play, ctx, 'b')))(ctx, on);
        await ctx.sleep(2 * DEADLINE);
        return value;
      },
      mode,
    );
    expect(ending).toEqual({ value: 'value-b' });
    expect(play.undone).toEqual([]);
  });
});
