import { all, awakeable, run, withTimeout } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Play } from './support/play.js';
import { inviteCallees, type OnStage } from './support/scenes.js';
import { MODES, Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

type Undo = (ctx: Context, on: OnStage, guest: string, play: Play) => PromiseLike<unknown>;

/** Compensations that take a while; each says `undoing` when it is under way, and waits for callees. */
const COMPENSATIONS: Readonly<Record<string, { readonly undo: Undo; readonly callees: readonly string[] }>> = {
  'a call': {
    callees: ['one'],
    undo: (_, { callees }, guest) => callees.call.gated({ guest, name: 'one' }),
  },
  'several calls at once': {
    callees: ['one', 'two', 'three'],
    undo: (ctx, { callees }, guest) =>
      all(
        ctx,
        ['one', 'two', 'three'].map((name) => callees.call.gated({ guest, name })),
      ),
  },
  'one call after another': {
    callees: ['one', 'two'],
    undo: async (_, { callees }, guest) => {
      await callees.call.gated({ guest, name: 'one' });
      await callees.call.gated({ guest, name: 'two' });
    },
  },
  'a call with a timeout': {
    callees: ['one'],
    undo: (ctx, { callees }, guest) => withTimeout(ctx, callees.call.gated({ guest, name: 'one' }), { hours: 1 }),
  },
  'a mapped call': {
    callees: ['one'],
    undo: async (ctx, { callees }, guest) => {
      const value = await callees.call.gated({ guest, name: 'one' }).map((given) => `mapped ${given}`);
      if (value !== 'mapped value-one') throw new TerminalError(`got ${value}`);
    },
  },
  'a message, a short sleep and a call': {
    callees: ['one'],
    undo: async (ctx, { callees }, guest) => {
      callees.send.note({ guest, name: 'noted' });
      await ctx.sleep(50);
      await callees.call.gated({ guest, name: 'one' });
    },
  },
  'an awakeable that a callee resolves': {
    callees: ['one'],
    undo: async (ctx, { callees }, guest) => {
      const { id, promise } = awakeable<string>(ctx);
      callees.send.resolve({ guest, name: 'one', id });
      await promise;
    },
  },
};

describe.for(MODES)('With %s cancellation', (mode) => {
  test.for(Object.keys(COMPENSATIONS))(
    'further cancels neither interrupt a rollback nor its callees: %s',
    async (what) => {
      const { undo, callees } = COMPENSATIONS[what]!;
      const play = new Play();
      const guest = inviteCallees(play);
      const performance = await theatre.start(
        play,
        (ctx, on) =>
          on.sagas.run(ctx, 'shielded', async (saga) => {
            await saga.step('a', play.step(ctx, 'a'));
            await saga.step('b', {
              compensate:
                () =>
                async (compensating, { attempt }) => {
                  await undo(compensating, on, guest, play);
                  await run(compensating, 'undone', () => play.effects.add(`undo b ${attempt}`));
                },
              action: () => run(ctx, 'do b', () => play.effects.add('do b')),
            });
            await run(ctx, 'ready', () => play.effects.add('ready'));
            await ctx.sleep({ hours: 1 });
          }),
        mode,
      );
      await play.effects.seen('ready');
      await performance.cancel();
      for (const callee of callees) {
        await play.effects.seen(`${callee} begins`);
        await performance.cancel();
        await performance.cancel();
        await theatre.letEnd(play, callee);
      }
      const ending = await performance.ending();
      expect(ending).toMatchObject({ status: 409, report: { status: 'rolled-back', compensated: ['b', 'a'] } });
      expect(play.effects.log.filter((line) => line.includes('is cancelled'))).toEqual([]);
      expect(play.undone).toEqual(['undo b 1', 'undo a value-a']);
      for (const callee of callees) expect(play.effects.log).toContain(`${callee} ends`);
    },
  );

  test('several cancels that come at once are one', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      (ctx, { sagas, callees }) =>
        sagas.run(ctx, 'queued', async (saga) => {
          await saga.step('a', {
            compensate: () => () => callees.call.gated({ guest, name: 'one' }),
            action: () => run(ctx, 'do a', () => play.effects.add('do a')),
          });
          await saga.step(
            'b',
            play.step(ctx, 'b', () => play.effects.seen('go on')),
          );
        }),
      mode,
    );
    await play.effects.seen('do b');
    await Promise.all([1, 2, 3, 4].map(() => theatre.app.cancel(performance.id)));
    await performance.reaches('Notification: Signal');
    play.effects.add('go on');
    await theatre.letEnd(play, 'one');
    expect(await performance.ending()).toMatchObject({ status: 409, report: { compensated: ['b', 'a'] } });
    expect(play.effects.log).not.toContain('one is cancelled');
    expect(play.undone).toEqual(['undo b value-b']);
  });

  test('cancels during the waits between two tries of a compensation do not shorten them, and change nothing', async () => {
    const play = new Play();
    const tries: number[] = [];
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(
          ctx,
          'backing off',
          async (saga) => {
            await saga.step('a', {
              compensate:
                () =>
                (compensating, { attempt }) =>
                  run(compensating, 'undo', async () => {
                    tries.push(Date.now());
                    play.effects.add(`undo a ${attempt}`);
                    if (attempt === 1) throw new Error('for now');
                    await play.effects.seen('go on');
                  }),
              action: play.step(ctx, 'a').action,
            });
            throw new TerminalError('no', { errorCode: 418 });
          },
          { retry: { initialInterval: 200, factor: 1 } },
        ),
      mode,
    );
    await play.effects.seen('undo a 1');
    await performance.cancel();
    await performance.cancel();
    play.effects.add('go on');
    const ending = await performance.ending();
    expect(ending).toMatchObject({ status: 418, report: { cause: { kind: 'error' }, compensated: ['a'] } });
    expect(tries[1]! - tries[0]!).toBeGreaterThanOrEqual(200);
    expect(play.undone).toEqual(['undo a 1', 'undo a 2']);
  });

  test('a cancel that comes during the rollback of an error is told to the handler afterwards', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      async (ctx, { sagas, callees }) => {
        const failed = await sagas
          .run(ctx, 'fails', async (saga) => {
            await saga.step('a', {
              compensate: () => () => callees.call.gated({ guest, name: 'one' }),
              action: () => run(ctx, 'do a', () => play.effects.add('do a')),
            });
            throw new TerminalError('no');
          })
          .catch((error: Error) => error.message);
        await ctx.sleep({ hours: 1 }).catch((error: Error) => {
          throw new TerminalError(`${failed}, then ${error.message}`, { errorCode: 410 });
        });
      },
      mode,
    );
    await play.effects.seen('one begins');
    await performance.cancel();
    await theatre.letEnd(play, 'one');
    expect(await performance.ending()).toMatchObject({ status: 410, message: 'no, then Cancelled' });
    expect(play.effects.log).toEqual(['do a', 'one begins', 'one ends']);
  });

  test('a compensation may be a saga of its own, also after a cancel', async () => {
    const play = new Play();
    const performance = await theatre.start(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'outer', async (saga) => {
          await saga.step('a', {
            compensate: () => (compensating) =>
              sagas.run(compensating, 'refund', async (refund) => {
                await refund.step('r1', play.step(compensating, 'r1'));
                await refund.step('r2', play.step(compensating, 'r2'));
              }),
            action: () => run(ctx, 'do a', () => play.effects.add('do a')),
          });
          await run(ctx, 'ready', () => play.effects.add('ready'));
          await ctx.sleep({ hours: 1 }).catch(() => undefined);
        }),
      mode,
    );
    await play.effects.seen('ready');
    await performance.cancel();
    expect(await performance.ending()).toMatchObject({ status: 409, report: { status: 'rolled-back', saga: 'outer' } });
    expect(play.effects.log).toEqual(['do a', 'ready', 'do r1', 'do r2']);
  });
});

test('A compensation may call a workflow, whose id is its key', async () => {
  const play = new Play();
  const inner = new Play();
  const flow = theatre.sceneName(inner, async (ctx) => run(ctx, 'in flow', () => inner.effects.add('in flow')));
  const ending = await theatre.play(play, (ctx, { sagas, flows }) =>
    sagas.run(ctx, 'by workflow', async (saga) => {
      await saga.step('a', {
        compensate: () => async () => {
          await flows.of(flow).submit(flow).attach();
        },
        action: () => run(ctx, 'do a', () => play.effects.add('do a')),
      });
      throw new TerminalError('no', { errorCode: 418 });
    }),
  );
  expect(ending).toMatchObject({ status: 418, report: { compensated: ['a'] } });
  expect(inner.effects.log).toEqual(['in flow']);
});
