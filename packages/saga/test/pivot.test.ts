import { run } from '@rea/core';
import type { Saga } from '@rea/saga';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Play } from './support/play.js';
import { inviteCallees } from './support/scenes.js';
import { MODES, Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** A step that has its effect on each try and works from a given one on. */
function worksFrom(play: Play, ctx: Context, name: string, from: number) {
  return {
    compensate: play.step(ctx, name).compensate,
    action: ({ attempt }: { readonly attempt: number }) =>
      run(ctx, `do ${name}`, () => {
        play.effects.add(`do ${name} ${attempt}`);
        if (attempt < from) throw new TerminalError(`no ${name}`, { errorCode: 503 });
        return `value-${name}`;
      }),
  };
}

/** Two steps and the pivot. */
async function begin(play: Play, ctx: Context, saga: Saga): Promise<void> {
  await saga.step('a', play.step(ctx, 'a'));
  await saga.pivot('p', play.step(ctx, 'p'));
}

describe.for(MODES)('With %s cancellation', (mode) => {
  test('a pivot that fails is undone, with what came before', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'fails', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await saga.pivot('p', play.failing(ctx, 'p'));
        }),
      mode,
    );
    expect(ending).toMatchObject({ status: 418, report: { status: 'rolled-back', compensated: ['p', 'a'] } });
  });

  test('after it, a failing step is tried forward until it works, and nothing is undone', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'forward', async (saga) => {
          await begin(play, ctx, saga);
          return saga.step('b', worksFrom(play, ctx, 'b', 3));
        }),
      mode,
    );
    expect(ending).toEqual({ value: 'value-b' });
    expect(play.effects.log).toEqual(['do a', 'do p', 'do b 1', 'do b 2', 'do b 3']);
  });

  test('after it, a step whose tries are used up is a dead letter and a terminal error, and nothing is undone', async () => {
    const play = new Play();
    const name = theatre.sagaName('exhausted');
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, name, async (saga) => {
          await begin(play, ctx, saga);
          await saga.step('b', worksFrom(play, ctx, 'b', 9));
          await saga.step('c', play.step(ctx, 'c'));
        }),
      mode,
    );
    expect(ending).toMatchObject({
      status: 503,
      message: 'no b',
      report: {
        status: 'incomplete',
        done: ['a', 'p'],
        compensated: [],
        deadLettered: [{ step: 'b' }],
        cause: { kind: 'error', step: 'b', code: 503, message: 'no b' },
      },
    });
    expect(play.effects.log).toEqual(['do a', 'do p', 'do b 1', 'do b 2', 'do b 3']);
    expect(theatre.deadLetters(name)).toMatchObject([
      {
        step: 'b',
        kind: 'forward',
        compensation: null,
        payload: null,
        attempts: 3,
        error: { message: 'no b', code: 503 },
        notUndone: [],
      },
    ]);
  });

  test('after it, an error of the block ends the saga and undoes nothing', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'block fails', async (saga) => {
          await begin(play, ctx, saga);
          throw new TerminalError('own', { errorCode: 418 });
        }),
      mode,
    );
    expect(ending).toMatchObject({
      status: 418,
      report: { status: 'incomplete', done: ['a', 'p'], cause: { kind: 'error', message: 'own' } },
    });
    expect(play.undone).toEqual([]);
  });

  test('after it, a plain run that fails for now is retried by the server, as anywhere', async () => {
    const play = new Play();
    let failures = 2;
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'plain run', async (saga) => {
          await begin(play, ctx, saga);
          return run(ctx, 'flaky', () => {
            if ((failures -= 1) >= 0) throw new Error('for now');
            return 'worked';
          });
        }),
      mode,
    );
    expect(ending).toEqual({ value: 'worked' });
  });

  test('a cancel during the pivot comes too late when it is done: the saga goes on', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'late cancel', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await saga.pivot('p', {
            irreversible: true,
            action: play.step(ctx, 'p', () => play.effects.seen('go on')).action,
          });
          await saga.step('b', play.step(ctx, 'b'));
          return 'done';
        }),
      mode,
    );
    await play.effects.seen('do p');
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toEqual({ value: 'done' });
    expect(play.undone).toEqual([]);
  });

  test('a cancel during the pivot undoes it when it fails', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'cancel fails', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          const failing = play.step(ctx, 'p', async () => {
            await play.effects.seen('go on');
            throw new TerminalError('no p');
          });
          await saga.pivot('p', failing);
        }),
      mode,
    );
    await play.effects.seen('do p');
    await performance.cancel();
    play.effects.add('go on');
    expect(await performance.ending()).toMatchObject({ status: 409, report: { cause: { kind: 'cancelled' } } });
    expect(play.undone).toEqual(['undo p null', 'undo a value-a']);
  });

  test('after it, cancels neither end a wait nor reach a callee; the handler hears of them after the saga', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      async (ctx, { sagas, callees }) => {
        const value = await sagas.run(ctx, 'ignores', async (saga) => {
          await begin(play, ctx, saga);
          await saga.step('b', {
            irreversible: true,
            action: () => callees.call.gated({ guest, name: 'callee' }),
          });
          await ctx.sleep(50);
          return saga.step('c', play.step(ctx, 'c'));
        });
        await ctx.sleep({ hours: 1 }).catch((error: Error) => {
          throw new TerminalError(`${value}, then ${error.message}`, { errorCode: 410 });
        });
      },
      mode,
    );
    await play.effects.seen('callee begins');
    await performance.cancel();
    await performance.cancel();
    await theatre.letEnd(play, 'callee');
    expect(await performance.ending()).toMatchObject({ status: 410, message: 'value-c, then Cancelled' });
    expect(play.effects.log).toEqual(['do a', 'do p', 'callee begins', 'callee ends', 'do c']);
  });

  test('after it, the deadline is ignored', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(
          ctx,
          'no deadline',
          async (saga) => {
            // Whatever it takes: the deadline cannot end the action that is under way.
            await saga.pivot('p', play.step(ctx, 'p'));
            await ctx.sleep(700);
            return saga.step('b', play.step(ctx, 'b'));
          },
          { deadline: 500 },
        ),
      mode,
    );
    expect(ending).toEqual({ value: 'value-b' });
  });

  test('a pivot in a nested saga is one for the whole saga, and ends with it', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      async (ctx, { sagas }) => {
        const outcome = await sagas
          .run(ctx, 'outer', async (saga) => {
            await saga.step('a', play.step(ctx, 'a'));
            await saga.nested('inner', async (inner) => inner.pivot('p', play.step(ctx, 'p')));
            throw new TerminalError('no');
          })
          .catch((error: Error) => error.message);
        await run(ctx, 'ready', () => play.effects.add('ready'));
        await ctx.sleep({ hours: 1 }).catch((error: Error) => {
          throw new TerminalError(`${outcome}, then ${error.message}`, { errorCode: 410 });
        });
      },
      mode,
    );
    await play.effects.seen('ready');
    await performance.cancel();
    expect(await performance.ending()).toMatchObject({ status: 410, message: 'no, then Cancelled' });
    expect(play.undone).toEqual([]);
  });
});

test('After the pivot, the steps of a parallel group are tried forward each', async () => {
  const play = new Play();
  const name = theatre.sagaName('group');
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, name, async (saga) => {
      await begin(play, ctx, saga);
      await saga.parallel({ b: worksFrom(play, ctx, 'b', 2), c: worksFrom(play, ctx, 'c', 9) });
    }),
  );
  expect(ending).toMatchObject({ status: 503, report: { done: ['a', 'p', 'b'], deadLettered: [{ step: 'c' }] } });
  expect(play.undone).toEqual([]);
});

test('A forward step that is exhausted and caught leaves the saga incomplete, though its block succeeds', async () => {
  const play = new Play();
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas
      .run(ctx, 'caught', async (saga) => {
        await begin(play, ctx, saga);
        await saga.step('b', worksFrom(play, ctx, 'b', 9)).catch(() => undefined);
        return saga;
      })
      .then((saga) => saga.report),
  );
  expect(ending).toMatchObject({ value: { status: 'incomplete', deadLettered: [{ step: 'b' }], done: ['a', 'p'] } });
});
