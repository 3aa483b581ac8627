import { currentSaga, type Saga } from '@rea/saga';
import { run } from '@rea/core';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Play } from './support/play.js';
import type { OnStage } from './support/scenes.js';
import { Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** The two ways in which a saga is nested. */
const NESTINGS: Readonly<
  Record<string, (ctx: Context, on: OnStage, saga: Saga, block: (inner: Saga) => Promise<unknown>) => Promise<unknown>>
> = {
  'saga.nested': (_, __, saga, block) => saga.nested('inner', block),
  'sagas.run in the block': (ctx, { sagas }, _, block) => sagas.run(ctx, 'inner', block),
};

describe.for(Object.keys(NESTINGS))('Nested by %s, a saga', (how) => {
  const nest = NESTINGS[how]!;

  test('that has succeeded is undone at its place in the order', async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, on) =>
      on.sagas.run(ctx, 'outer', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await nest(ctx, on, saga, async (inner) => {
          await inner.step('x', play.step(ctx, 'x'));
          await inner.step('y', play.step(ctx, 'y'));
        });
        await saga.step('b', play.step(ctx, 'b'));
        throw new TerminalError('no');
      }),
    );
    expect(play.undone).toEqual(['undo b value-b', 'undo y value-y', 'undo x value-x', 'undo a value-a']);
    expect(ending.report).toMatchObject({ saga: 'outer', compensated: ['b', 'inner/y', 'inner/x', 'a'] });
  });

  test('that fails undoes its own steps; so does the saga around it, when nobody catches it', async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, on) =>
      on.sagas.run(ctx, 'outer', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await nest(ctx, on, saga, async (inner) => {
          await inner.step('x', play.step(ctx, 'x'));
          await inner.step('y', play.failing(ctx, 'y'));
        });
      }),
    );
    expect(play.undone).toEqual(['undo y null', 'undo x value-x', 'undo a value-a']);
    expect(ending).toMatchObject({
      status: 418,
      report: { compensated: ['inner/y', 'inner/x', 'a'], cause: { step: 'inner/y' } },
    });
  });

  test('that fails and is caught undoes only its own steps, and is forgotten by the report', async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, on) =>
      on.sagas.run(ctx, 'outer', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await nest(ctx, on, saga, async (inner) => inner.step('x', play.failing(ctx, 'x'))).catch(() => undefined);
        await saga.step('b', play.step(ctx, 'b'));
        throw new TerminalError('later', { errorCode: 410 });
      }),
    );
    expect(play.undone).toEqual(['undo x null', 'undo b value-b', 'undo a value-a']);
    expect(ending).toMatchObject({ status: 410 });
    expect(ending.report!.cause).toEqual({ kind: 'error', message: 'later', code: 410 });
  });

  test('that is cancelled undoes its steps, then the saga around it does', async () => {
    const play = new Play();
    const performance = await theatre.start(play, (ctx, on) =>
      on.sagas.run(ctx, 'outer', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await nest(ctx, on, saga, async (inner) => {
          await inner.step('x', play.step(ctx, 'x'));
          await run(ctx, 'ready', () => play.effects.add('ready'));
          await ctx.sleep({ hours: 1 });
        }).catch(() => undefined);
        return 'swallowed';
      }),
    );
    await play.effects.seen('ready');
    await performance.cancel();
    expect(await performance.ending()).toMatchObject({ status: 409, report: { compensated: ['inner/x', 'a'] } });
    expect(play.undone).toEqual(['undo x value-x', 'undo a value-a']);
  });
});

test.for(Object.keys(NESTINGS))(
  'The current saga in a block nested by %s is the nested one, and the outer one after it',
  async (how) => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, on) =>
      on.sagas.run(ctx, 'outer', async (saga) => {
        await NESTINGS[how]!(ctx, on, saga, async () => {
          await currentSaga().step('x', play.step(ctx, 'x'));
          await on.sagas.run(ctx, 'deeper', () => currentSaga().step('y', play.step(ctx, 'y')));
        });
        await currentSaga().step('b', play.step(ctx, 'b'));
        throw new TerminalError('no');
      }),
    );
    expect(ending.report).toMatchObject({ saga: 'outer', compensated: ['b', 'inner/deeper/y', 'inner/x'] });
  },
);

test('A nested saga may have a strategy and a retry of its own', async () => {
  const play = new Play().fail('x');
  const name = theatre.sagaName('own strategy');
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, name, async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      await saga.nested(
        'inner',
        async (inner) => {
          await inner.step('w', play.step(ctx, 'w'));
          await inner.step('x', play.step(ctx, 'x'));
        },
        { strategy: 'best-effort', retry: { maxAttempts: 2 } },
      );
      throw new TerminalError('no');
    }),
  );
  expect(ending.report).toMatchObject({ compensated: ['inner/w', 'a'], deadLettered: [{ step: 'inner/x' }] });
  expect(theatre.deadLetters(name)).toMatchObject([{ step: 'inner/x', attempts: 2, notUndone: [] }]);
});

test('An exhausted compensation of a nested saga stops the saga around it too; the dead letter tells of all that stays', async () => {
  const play = new Play().fail('x');
  const name = theatre.sagaName('stops outer');
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, name, async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      await saga.nested('inner', async (inner) => {
        await inner.step('w', play.step(ctx, 'w'));
        await inner.step('x', play.step(ctx, 'x'));
        throw new TerminalError('no');
      });
    }),
  );
  expect(ending.report).toMatchObject({ status: 'incomplete', compensated: [], notUndone: ['a', 'inner/w'] });
  expect(theatre.deadLetters(name)).toMatchObject([
    {
      step: 'inner/x',
      notUndone: [
        { step: 'inner/w', payload: { name: 'w', value: 'value-w' } },
        { step: 'a', payload: { name: 'a', value: 'value-a' } },
      ],
    },
  ]);
});

test('Sagas nest as deep as one likes', async () => {
  const play = new Play();
  const ending = await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'deep', async (saga) => {
      const down = async (outer: Saga, depth: number): Promise<void> => {
        await outer.step(`s${depth}`, play.step(ctx, `s${depth}`));
        if (depth < 4) await outer.nested(`n${depth}`, (inner) => down(inner, depth + 1));
        else throw new TerminalError('bottom');
      };
      await down(saga, 1);
    }),
  );
  expect(ending.report!.compensated).toEqual(['n1/n2/n3/s4', 'n1/n2/s3', 'n1/s2', 's1']);
});
