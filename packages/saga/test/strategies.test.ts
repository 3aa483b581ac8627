import type { CompensationStrategy } from '@rea/saga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seen } from '../../../test/support/seen.js';
import { Play } from './support/play.js';
import { Theatre } from './support/theatre.js';

/** Tries of a compensation, where they are limited. */
const TRIES = 3;

/** How often a failing compensation fails where they are not. */
const PATIENCE = 5;

interface Expected {
  /** The compensations that ran, in order: `b!` is one failed try. */
  readonly ran: string;
  /** Dead letters, in order, with what was not undone after them. */
  readonly dead: readonly (readonly [string, readonly string[]])[];
}

/**
 * The steps a, b and c are done, d fails midway. By strategy, and by which compensations fail.
 */
const MATRIX: Readonly<Record<CompensationStrategy, Readonly<Record<string, Expected>>>> = {
  all: {
    none: { ran: 'd c b a', dead: [] },
    b: { ran: 'd c b! b! b!', dead: [['b', ['a']]] },
    'c and a': { ran: 'd c! c! c!', dead: [['c', ['b', 'a']]] },
  },
  completed: {
    none: { ran: 'c b a', dead: [] },
    b: { ran: 'c b! b! b!', dead: [['b', ['a']]] },
    'c and a': { ran: 'c! c! c!', dead: [['c', ['b', 'a']]] },
  },
  'best-effort': {
    none: { ran: 'd c b a', dead: [] },
    b: { ran: 'd c b! b! b! a', dead: [['b', []]] },
    'c and a': {
      ran: 'd c! c! c! b a! a! a!',
      dead: [
        ['c', []],
        ['a', []],
      ],
    },
  },
  'until-success': {
    none: { ran: 'd c b a', dead: [] },
    b: { ran: 'd c b! b! b! b! b! b a', dead: [] },
    'c and a': { ran: 'd c! c! c! c! c! c b a! a! a! a! a! a', dead: [] },
  },
};

const CASES = Object.entries(MATRIX).flatMap(([strategy, byFailing]) =>
  Object.entries(byFailing).map(([failing, expected]) => ({ strategy, failing, expected })),
);

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open({ retry: { initialInterval: 1, maxInterval: 5, maxAttempts: TRIES } });
});
afterAll(() => theatre.close());

describe('The strategy', () => {
  test.for(CASES)('$strategy, failing: $failing', async ({ strategy, failing, expected }) => {
    const play = new Play();
    const names = failing === 'none' ? [] : failing.split(' and ');
    for (const name of names) play.fail(name, strategy === 'until-success' ? PATIENCE : Infinity);
    const saga = theatre.sagaName(strategy);
    const { status, report } = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(
        ctx,
        saga,
        async (steps) => {
          for (const name of ['a', 'b', 'c']) await steps.step(name, play.step(ctx, name));
          await steps.step('d', play.failing(ctx, 'd'));
        },
        { strategy: strategy as CompensationStrategy },
      ),
    );
    const ran = play.undone.map((line) =>
      line.replace(/^undo (\w)( fails)?.*$/, (_, name: string, fails) => name + (fails ? '!' : '')),
    );
    const letters = theatre.deadLetters(saga);
    const dead = letters.map(({ step, undone }) => [step, undone.map((one) => one.step)]);
    seen(`${strategy}, failing ${failing}: ran ${ran.join(' ')}; dead letters ${JSON.stringify(dead)}`);
    expect(ran.join(' ')).toBe(expected.ran);
    expect(dead).toEqual(expected.dead);
    expect(letters.every(({ attempts }) => attempts === TRIES)).toBe(true);
    expect(status).toBe(418);
    expect(report).toMatchObject({
      status: dead.length > 0 ? 'incomplete' : 'rolled-back',
      deadLettered: expected.dead.map(([step]) => ({ step })),
      cause: { kind: 'error', code: 418, step: 'd' },
    });
  });
});
