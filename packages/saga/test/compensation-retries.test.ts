import { run } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { type ObjectContext, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitBefore } from '../src/saga/backoff.js';
import { Play } from './support/play.js';
import { type OnStage, inviteCallees } from './support/scenes.js';
import { Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** A saga of one step and an inline compensation, which fails. */
function failing(
  play: Play,
  undo: (ctx: Context, attempt: number, key: string, on: OnStage) => PromiseLike<unknown>,
  options: object = {},
) {
  return (ctx: Context, on: OnStage) =>
    on.sagas.run(
      ctx,
      'retries',
      async (saga) => {
        await saga.step('a', {
          compensate: () => (compensating, info) => undo(compensating, info.attempt, info.idempotencyKey, on),
          action: play.step(ctx, 'a').action,
        });
        throw new TerminalError('no', { errorCode: 418 });
      },
      { retry: { maxAttempts: 3, initialInterval: 10 }, ...options },
    );
}

async function sleeps(id: string): Promise<number> {
  return (await theatre.app.journal(id)).filter((row) => row.entry_type === 'Command: Sleep').length;
}

test('each failed try is followed by a durable sleep, named after what it retries', async () => {
  const play = new Play().fail('a', 2);
  const performance = await theatre.start(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'retries', async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      throw new TerminalError('no');
    }),
  );
  await performance.ending();
  const journal = await theatre.app.journal(performance.id);
  expect(journal.filter((row) => row.entry_type === 'Command: Sleep').map(({ name }) => name)).toEqual([
    'compensation undo, try 2',
    'compensation undo, try 3',
  ]);
});

test('a terminal error in a compensation is a failed try', async () => {
  const play = new Play();
  const ending = await theatre.play(
    play,
    failing(play, async (ctx, attempt) => {
      await run(ctx, 'try', () => play.effects.add(`try ${attempt}`));
      if (attempt < 3) throw new TerminalError('not yet', { errorCode: 403 });
    }),
  );
  expect(ending).toMatchObject({ status: 418, report: { compensated: ['a'] } });
  expect(play.effects.of('try')).toEqual(['try 1', 'try 2', 'try 3']);
});

test('so is a plain error in its own code', async () => {
  const play = new Play();
  const ending = await theatre.play(
    play,
    failing(play, async (_, attempt) => {
      if (attempt < 3) throw new TypeError('a defect');
    }),
  );
  expect(ending).toMatchObject({ status: 418, report: { compensated: ['a'] } });
});

test('so is a run that fails once: the server does not retry it', async () => {
  const play = new Play();
  await theatre.play(
    play,
    failing(play, (ctx, attempt) =>
      run(ctx, 'undo', () => {
        play.effects.add(`try ${attempt}`);
        if (attempt < 3) throw new Error('for now');
      }),
    ),
  );
  expect(play.effects.of('try')).toEqual(['try 1', 'try 2', 'try 3']);
});

test('a run with a retry limit of its own keeps it', async () => {
  const play = new Play();
  await theatre.play(
    play,
    failing(play, (ctx, attempt) =>
      run(
        ctx,
        'undo',
        (): void => {
          play.effects.add(`try ${attempt}`);
          throw new Error('never');
        },
        { retry: { maxAttempts: 2, initialInterval: 5 } },
      ),
    ),
  );
  expect(play.effects.of('try')).toEqual(['try 1', 'try 1', 'try 2', 'try 2', 'try 3', 'try 3']);
});

test('a failing call in a compensation is a failed try', async () => {
  const play = new Play();
  const guest = inviteCallees(play);
  const ending = await theatre.play(
    play,
    failing(play, async (_, attempt, __, { callees }) => {
      await (attempt < 3
        ? callees.call.refuse({ guest, name: `${attempt}` })
        : callees.call.note({ guest, name: 'ok' }));
    }),
  );
  expect(ending).toMatchObject({ status: 418, report: { compensated: ['a'] } });
  expect(play.effects.log).toEqual(['do a', 'refuse 1', 'refuse 2', 'ok']);
});

test('the key is the same on each try and replay, and another one for each step, action and saga', async () => {
  const play = new Play();
  const keys: string[] = [];
  await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'keys', async (saga) => {
      for (const name of ['a', 'b']) {
        await saga.step(name, {
          compensate:
            () =>
            async (compensating, { idempotencyKey, attempt }) => {
              await run(compensating, 'undo', () => keys.push(`${name} ${attempt} ${idempotencyKey}`));
              if (attempt < 3) throw new Error('for now');
            },
          action: ({ idempotencyKey }) => run(ctx, 'do', () => keys.push(`${name} action ${idempotencyKey}`)),
        });
      }
      throw new TerminalError('no');
    }),
  );
  const [doA, doB, ...undo] = keys.map((line) => line.split(' ').at(-1)!);
  expect(keys.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'a action',
    'b action',
    'b 1',
    'b 2',
    'b 3',
    'a 1',
    'a 2',
    'a 3',
  ]);
  expect(new Set(undo.slice(0, 3)).size).toBe(1);
  expect(new Set(undo.slice(3)).size).toBe(1);
  expect(new Set([doA, doB, undo[0], undo.at(-1)]).size).toBe(4);
});

test('waits grow by the factor up to the longest, and jitter shortens them by what is given as random', () => {
  const backoff = { maxAttempts: 9, initial: 100, max: 1_000, factor: 3, jitter: 0 };
  const waits = [2, 3, 4, 5, 6].map((attempt) => waitBefore(backoff, attempt, () => 0.5));
  expect(waits).toEqual([100, 300, 900, 1_000, 1_000]);
  expect(waitBefore({ ...backoff, jitter: 0.5 }, 3, () => 1)).toBe(150);
  expect(waitBefore({ ...backoff, jitter: 0.5 }, 3, () => 0)).toBe(300);
});

test('jitter is the same when the handler is replayed', async () => {
  const play = new Play();
  const draws: number[][] = [];
  await theatre.play(play, async (ctx, on) => {
    const drawn: number[] = [];
    draws.push(drawn);
    const random = ctx.rand.random.bind(ctx.rand);
    ctx.rand.random = () => {
      const value = random();
      drawn.push(value);
      return value;
    };
    return failing(
      play,
      async (_, attempt) => {
        if (attempt < 3) throw new Error('for now');
      },
      { retry: { maxAttempts: 3, initialInterval: 20, jitter: 0.5 } },
    )(ctx, on);
  });
  const last = draws.at(-1)!;
  expect(last).toHaveLength(2);
  for (const drawn of draws) expect(drawn).toEqual(last.slice(0, drawn.length));
});

test("the saga's own waits on an exclusive object are no blocking ones", async () => {
  const strict = await Theatre.open({}, { policy: 'strict', limits: { exclusiveSleep: 1 } });
  try {
    const play = new Play().fail('a', 2);
    const performance = await strict.startOnObject<ObjectContext>(play, 'o', (ctx, { sagas }) =>
      sagas.run(
        ctx,
        'exclusive',
        async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          throw new TerminalError('no', { errorCode: 418 });
        },
        { retry: { initialInterval: 20 }, deadline: { minutes: 5 } },
      ),
    );
    expect(await performance.ending()).toMatchObject({ status: 418, report: { compensated: ['a'] } });
  } finally {
    await strict.close();
  }
});

test('a step may say how its own compensation is retried', async () => {
  const play = new Play().fail('a').fail('b');
  const name = theatre.sagaName('own retry');
  await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(
      ctx,
      name,
      async (saga) => {
        await saga.step('a', { ...play.step(ctx, 'a'), retry: { maxAttempts: 1 } });
        await saga.step('b', { ...play.step(ctx, 'b'), retry: { maxAttempts: 4, factor: 1 } });
        throw new TerminalError('no');
      },
      { strategy: 'best-effort' },
    ),
  );
  expect(theatre.deadLetters(name).map(({ step, attempts }) => [step, attempts])).toEqual([
    ['b', 4],
    ['a', 1],
  ]);
});

test('the verifying mode runs each compensation twice with one key, and tells one that fails the second time', async () => {
  const play = new Play();
  const name = theatre.sagaName('verified');
  const keys: string[] = [];
  await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(
      ctx,
      name,
      async (saga) => {
        await saga.step('once', {
          compensate:
            () =>
            (compensating, { idempotencyKey }) =>
              run(compensating, 'undo', () => {
                if (keys.includes(idempotencyKey)) throw new TerminalError('done already');
                keys.push(idempotencyKey);
              }),
          action: play.step(ctx, 'once').action,
        });
        await saga.step('again', play.step(ctx, 'again'));
        throw new TerminalError('no');
      },
      { verifyIdempotency: true, retry: { maxAttempts: 1 } },
    ),
  );
  expect(play.undone).toEqual(['undo again value-again', 'undo again value-again']);
  expect(theatre.deadLetters(name)).toMatchObject([
    { step: 'once', error: { message: expect.stringMatching(/^REA8005: .*"once".*done already/) } },
  ]);
});

test('what is between two tries is no more than a sleep', async () => {
  const play = new Play().fail('a', 1);
  const performance = await theatre.start(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'lean', async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      throw new TerminalError('no');
    }),
  );
  await performance.ending();
  expect(await sleeps(performance.id)).toBe(1);
});
