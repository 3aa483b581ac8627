import { parallel, run } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Play } from './support/play.js';
import { inviteCallees } from './support/scenes.js';
import { replaysAlways } from './support/test-mode.js';
import { Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

test('a group runs its steps at once and gives what they gave, by name', async () => {
  const play = new Play();
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'group', async (saga) =>
      saga.parallel({
        // Each waits for the other, so they overlap.
        a: play.step(ctx, 'a', () => play.effects.seen('do b')),
        b: play.step(ctx, 'b', () => play.effects.seen('do a')),
      }),
    ),
  );
  expect(ending).toEqual({ value: { a: 'value-a', b: 'value-b' } });
});

test('an empty group gives nothing', async () => {
  const play = new Play();
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'empty', async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      const nothing = await saga.parallel({});
      throw new TerminalError(JSON.stringify(nothing));
    }),
  );
  expect(ending).toMatchObject({ message: '{}', report: { compensated: ['a'] } });
});

test('one fails: the others, which await several things, end first; then all are undone together, before what came earlier', async () => {
  const play = new Play();
  const guest = inviteCallees(play);
  const performance = await theatre.start(play, (ctx, { sagas, callees }) =>
    sagas.run(ctx, 'one fails', async (saga) => {
      await saga.step('first', play.step(ctx, 'first'));
      await saga.parallel({
        long: {
          compensate: play.step(ctx, 'long').compensate,
          action: async () => {
            await callees.call.gated({ guest, name: 'callee' });
            await ctx.sleep(20);
            await run(ctx, 'long ends', () => play.effects.add('long ends'));
            return 'value-long';
          },
        },
        failing: play.failing(ctx, 'failing'),
        quick: play.step(ctx, 'quick'),
      });
    }),
  );
  await play.effects.seen('do failing');
  await theatre.letEnd(play, 'callee');
  expect(await performance.ending()).toMatchObject({
    status: 418,
    message: 'no failing',
    report: { cause: { step: 'failing' }, status: 'rolled-back' },
  });
  const { log } = play.effects;
  expect(play.undone.slice(0, 3).toSorted()).toEqual([
    'undo failing null',
    'undo long value-long',
    'undo quick value-quick',
  ]);
  expect(play.undone[3]).toBe('undo first value-first');
  expect(log.indexOf('long ends')).toBeLessThan(log.indexOf(play.undone[0]!));
});

test('the compensations of a group run at once', async () => {
  const play = new Play();
  await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'at once', async (saga) => {
      const step = (name: string, other: string) => ({
        compensate: () => () =>
          run(ctx, `undo ${name}`, async () => {
            play.effects.add(`undo ${name}`);
            await play.effects.seen(`undo ${other}`);
          }),
        action: play.step(ctx, name).action,
      });
      await saga.parallel({ a: step('a', 'b'), b: step('b', 'a') });
      throw new TerminalError('no');
    }),
  );
  expect(play.undone.toSorted()).toEqual(['undo a', 'undo b']);
});

test('an exhausted compensation in a group lets the others of the group finish, and stops what comes after', async () => {
  const play = new Play().fail('b').fail('c', 1);
  const name = theatre.sagaName('group stops');
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, name, async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      await saga.parallel({ b: play.step(ctx, 'b'), c: play.step(ctx, 'c'), d: play.step(ctx, 'd') });
      throw new TerminalError('no');
    }),
  );
  expect(ending.report).toMatchObject({ status: 'incomplete', notUndone: ['a'], deadLettered: [{ step: 'b' }] });
  expect(ending.report!.compensated.toSorted()).toEqual(['c', 'd']);
  expect(theatre.deadLetters(name)).toMatchObject([{ step: 'b', notUndone: [{ step: 'a' }] }]);
});

test('a plain error in one step retries the attempt; steps that are done are not done again', async () => {
  const play = new Play();
  let failures = 1;
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'plain', async (saga) =>
      saga.parallel({
        a: play.step(ctx, 'a'),
        b: {
          irreversible: true,
          action: async () => {
            await play.effects.seen('do a');
            if ((failures -= 1) >= 0) throw new Error('for now');
            return 'value-b';
          },
        },
      }),
    ),
  );
  expect(ending).toEqual({ value: { a: 'value-a', b: 'value-b' } });
  expect(play.undone).toEqual([]);
});

test('a nested saga that fails in a group and is caught leaves the calls and runs of its siblings alone', async (context) => {
  const play = new Play();
  const guest = inviteCallees(play);
  let failures = 1;
  // Where every wait suspends, a run's result is only there once no other run executes: they cannot overlap.
  const overlap = (what: string) => (replaysAlways(context) ? undefined : play.effects.seen(what));
  const performance = await theatre.start(play, (ctx, { sagas, callees }) =>
    sagas.run(ctx, 'siblings', async (saga) =>
      saga.parallel({
        inner: {
          irreversible: true,
          action: () =>
            saga
              .nested('inner', async (inner) => {
                await inner.step('x', {
                  compensate: () => () =>
                    run(ctx, 'undo x', async () => {
                      play.effects.add('undo x');
                      await overlap('flaky fails');
                    }),
                  action: play.step(ctx, 'x').action,
                });
                throw new TerminalError('inner fails');
              })
              .catch((error: Error) => error.message),
        },
        calls: { irreversible: true, action: () => callees.call.gated({ guest, name: 'callee' }) },
        flaky: {
          irreversible: true,
          action: async () => {
            await run(ctx, 'flaky', async () => {
              await overlap('undo x');
              if ((failures -= 1) < 0) return;
              play.effects.add('flaky fails');
              throw new Error('for now');
            });
            return 'worked';
          },
        },
      }),
    ),
  );
  await play.effects.seen('undo x');
  await theatre.letEnd(play, 'callee');
  expect(await performance.ending()).toEqual({
    value: { inner: 'inner fails', calls: 'value-callee', flaky: 'worked' },
  });
  expect(play.effects.log).not.toContain('callee is cancelled');
});

test('sagas beside each other in a handler: each has its own deadline, failure and callees', async () => {
  const play = new Play();
  const guest = inviteCallees(play);
  const performance = await theatre.start(play, (ctx, { sagas, callees }) => {
    const settled = (promise: Promise<unknown>) =>
      promise.then(
        (value) => value,
        (error: TerminalError) => error.code,
      );
    return parallel(ctx, {
      late: () =>
        settled(
          sagas.run(
            ctx,
            'late',
            async (saga) => {
              await saga.step('l', play.step(ctx, 'l'));
              await ctx.sleep({ hours: 1 });
            },
            { deadline: 100 },
          ),
        ),
      fails: () =>
        settled(
          sagas.run(ctx, 'fails', async (saga) => {
            await saga.step('f', play.step(ctx, 'f'));
            throw new TerminalError('no', { errorCode: 418 });
          }),
        ),
      works: () =>
        settled(
          sagas.run(
            ctx,
            'works',
            async (saga) => {
              await saga.step('w', play.step(ctx, 'w'));
              await ctx.sleep(300);
              return saga.step('c', {
                irreversible: true,
                action: () => callees.call.gated({ guest, name: 'callee' }),
              });
            },
            { deadline: { hours: 1 } },
          ),
        ),
    });
  });
  await play.effects.seen('undo l value-l');
  await theatre.letEnd(play, 'callee');
  expect(await performance.ending()).toEqual({ value: { late: 408, fails: 418, works: 'value-callee' } });
  expect(play.undone.toSorted()).toEqual(['undo f value-f', 'undo l value-l']);
});
