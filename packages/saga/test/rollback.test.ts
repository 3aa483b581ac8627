import { NotFoundException } from '@nestjs/common';
import { all, run } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inviteCallees } from './support/scenes.js';
import { Play } from './support/play.js';
import { MODES, Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

describe.for(MODES)('With %s cancellation', (mode) => {
  test('a saga that works undoes nothing', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'works', async (saga) => [
          await saga.step('a', play.step(ctx, 'a')),
          await saga.step('b', play.step(ctx, 'b')),
        ]),
      mode,
    );
    expect(ending).toEqual({ value: ['value-a', 'value-b'] });
    expect(play.effects.log).toEqual(['do a', 'do b']);
  });

  test.for([
    ['a terminal error', () => new TerminalError('no', { errorCode: 418 }), 418],
    ['a Nest 4xx exception', () => new NotFoundException('no'), 404],
  ] as const)('%s undoes all steps, latest first, and leaves the saga', async ([, error, status]) => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'fails', async (saga) => {
          for (const name of ['a', 'b', 'c']) await saga.step(name, play.step(ctx, name));
          throw error();
        }),
      mode,
    );
    expect(ending).toMatchObject({ status, message: 'no' });
    expect(play.undone).toEqual(['undo c value-c', 'undo b value-b', 'undo a value-a']);
    expect(ending.report).toMatchObject({
      status: 'rolled-back',
      compensated: ['c', 'b', 'a'],
      done: [],
      cause: { kind: 'error', message: 'no', code: status },
    });
  });

  test('a step that fails for good is undone as well: nobody knows how far it came', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'step fails', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await saga.step('b', play.failing(ctx, 'b'));
        }),
      mode,
    );
    expect(ending).toMatchObject({ status: 418, message: 'no b' });
    expect(ending.report).toMatchObject({ cause: { step: 'b' }, compensated: ['b', 'a'] });
    expect(play.undone).toEqual(['undo b null', 'undo a value-a']);
  });

  test('a plain error in the block is retried, and undoes nothing', async () => {
    const play = new Play();
    let failures = 2;
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'plain', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          if ((failures -= 1) >= 0) throw new Error('for now');
          return saga.step('b', play.step(ctx, 'b'));
        }),
      mode,
    );
    expect(ending).toEqual({ value: 'value-b' });
    expect(play.effects.log).toEqual(['do a', 'do b']);
  });

  test('a run that fails for now is retried, and undoes nothing', async () => {
    const play = new Play();
    let failures = 2;
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'flaky', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          const flaky = play.step(ctx, 'b', () => {
            if ((failures -= 1) >= 0) throw new Error('for now');
          });
          return saga.step('b', flaky);
        }),
      mode,
    );
    expect(ending).toEqual({ value: 'value-b' });
    expect(play.undone).toEqual([]);
  });

  test('a run whose retries are used up has failed for good', async () => {
    const play = new Play();
    const ending = await theatre.play(
      play,
      (ctx, { sagas }) =>
        sagas.run(ctx, 'limited', async (saga) => {
          await saga.step('a', {
            compensate: play.step(ctx, 'a').compensate,
            action: () =>
              run(
                ctx,
                'a',
                (): string => {
                  play.effects.add('try a');
                  throw new Error('never');
                },
                { retry: { maxAttempts: 3, initialInterval: 5 } },
              ),
          });
        }),
      mode,
    );
    expect(ending).toMatchObject({ status: 500, message: 'Run "a" failed on try 3 of 3: never' });
    expect(play.effects.log).toEqual(['try a', 'try a', 'try a', 'undo a null']);
  });

  test('what an action has started beside what failed ends before anything is undone', async () => {
    const play = new Play();
    const guest = inviteCallees(play);
    const performance = await theatre.start(
      play,
      (ctx, { sagas, callees }) =>
        sagas.run(ctx, 'beside', async (saga) => {
          await saga.step('a', {
            compensate: play.step(ctx, 'a').compensate,
            action: async () => {
              await all(ctx, [
                run(ctx, 'fails', async () => {
                  await play.effects.seen('slow begins');
                  await play.effects.seen('callee waits');
                  throw new TerminalError('no');
                }),
                run(ctx, 'slow', async () => {
                  play.effects.add('slow begins');
                  await play.effects.seen('go on');
                  play.effects.add('slow ends');
                }),
                callees.call.saga({ guest, name: 'callee' }),
              ]);
              return '';
            },
          });
        }),
      mode,
    );
    await performance.reaches('Notification: Run');
    play.effects.add('go on');
    await play.effects.seen('callee undoing');
    play.effects.add('callee may be undone');
    expect(await performance.ending()).toMatchObject({ status: 500, message: 'no' });
    expect(play.effects.log).toContain('slow ends');
    expect(play.effects.log.slice(-2)).toEqual(['callee undone', 'undo a null']);
  });
});

test('combinations that nobody awaits do not end the process when the rollback settles what they are made of', async () => {
  const play = new Play();
  const guest = inviteCallees(play);
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  const ending = await theatre.play(play, (ctx, { sagas, callees }) =>
    sagas.run(ctx, 'unawaited', async (saga) => {
      await saga.step('a', {
        compensate: play.step(ctx, 'a').compensate,
        action: async () => {
          const call = callees.call.gated({ guest, name: 'callee' });
          void all(ctx, [call, ctx.sleep({ hours: 1 })]);
          void call.map((value) => value);
          await run(ctx, 'fails', () => {
            throw new TerminalError('no', { errorCode: 418 });
          });
          return '';
        },
      });
    }),
  );
  expect(ending).toMatchObject({ status: 418, report: { compensated: ['a'] } });
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('one saga after another in a handler: each undoes its own steps', async () => {
  const play = new Play();
  const ending = await theatre.play(play, async (ctx, { sagas }) => {
    const first = await sagas
      .run(ctx, 'first', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        throw new TerminalError('first fails');
      })
      .catch((error: Error) => error.message);
    const second = await sagas.run(ctx, 'second', async (saga) => saga.step('b', play.step(ctx, 'b')));
    return [first, second];
  });
  expect(ending).toEqual({ value: ['first fails', 'value-b'] });
  expect(play.effects.log).toEqual(['do a', 'undo a value-a', 'do b']);
});

test('two runs of a saga of one name in a handler have keys of their own', async () => {
  const play = new Play();
  const keys: string[] = [];
  const once = (n: number) => ({
    compensate: play.step(undefined as never, `${n}`).compensate,
    action: async ({ idempotencyKey }: { idempotencyKey: string }) => (keys.push(idempotencyKey), `value-${n}`),
  });
  const ending = await theatre.play(play, async (ctx, { sagas }) => {
    for (const n of [1, 2]) {
      await sagas
        .run(ctx, 'again', async (saga) => {
          await saga.step('same', once(n));
          throw new TerminalError('no');
        })
        .catch(() => undefined);
    }
    return 'done';
  });
  expect(ending).toEqual({ value: 'done' });
  expect(new Set(keys).size).toBe(2);
  expect(new Set(play.told.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
});
