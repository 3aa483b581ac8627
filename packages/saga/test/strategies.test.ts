import type { CompensationStrategy } from '@rea/saga';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seen } from '../../../test/support/seen.js';
import { Play } from './support/play.js';
import { Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** One row of the matrix: steps a, b, c are done, d has had its effect and fails. Three tries each, at 10 ms. */
interface Row {
  readonly strategy: CompensationStrategy;
  /** How many tries of a step's compensation fail. */
  readonly faults: Readonly<Record<string, number>>;
  /** What ran in the rollback, in order; `b!` is a try that failed. */
  readonly ran: string;
  readonly compensated: string;
  readonly notUndone: string;
  /** What went to the queue: the step, its tries and what stays undone after it. */
  readonly letters: readonly (readonly [step: string, attempts: number, undone: string])[];
}

const EVER = Infinity;

const MATRIX: readonly Row[] = [
  { strategy: 'all', faults: {}, ran: 'd c b a', compensated: 'd c b a', notUndone: '', letters: [] },
  { strategy: 'all', faults: { b: 2 }, ran: 'd c b! b! b a', compensated: 'd c b a', notUndone: '', letters: [] },
  {
    strategy: 'all',
    faults: { b: EVER },
    ran: 'd c b! b! b!',
    compensated: 'd c',
    notUndone: 'a',
    letters: [['b', 3, 'a']],
  },
  {
    strategy: 'all',
    faults: { c: EVER, a: EVER },
    ran: 'd c! c! c!',
    compensated: 'd',
    notUndone: 'a b',
    letters: [['c', 3, 'b a']],
  },
  {
    strategy: 'all',
    faults: { d: EVER, c: EVER, b: EVER, a: EVER },
    ran: 'd! d! d!',
    compensated: '',
    notUndone: 'a b c',
    letters: [['d', 3, 'c b a']],
  },
  { strategy: 'completed', faults: {}, ran: 'c b a', compensated: 'c b a', notUndone: '', letters: [] },
  {
    strategy: 'completed',
    faults: { b: EVER },
    ran: 'c b! b! b!',
    compensated: 'c',
    notUndone: 'a',
    letters: [['b', 3, 'a']],
  },
  {
    strategy: 'completed',
    faults: { c: EVER, b: EVER },
    ran: 'c! c! c!',
    compensated: '',
    notUndone: 'a b',
    letters: [['c', 3, 'b a']],
  },
  { strategy: 'best-effort', faults: {}, ran: 'd c b a', compensated: 'd c b a', notUndone: '', letters: [] },
  {
    strategy: 'best-effort',
    faults: { b: EVER },
    ran: 'd c b! b! b! a',
    compensated: 'd c a',
    notUndone: '',
    letters: [['b', 3, '']],
  },
  {
    strategy: 'best-effort',
    faults: { d: EVER, c: 1, b: EVER, a: EVER },
    ran: 'd! d! d! c! c b! b! b! a! a! a!',
    compensated: 'c',
    notUndone: '',
    letters: [
      ['d', 3, ''],
      ['b', 3, ''],
      ['a', 3, ''],
    ],
  },
  { strategy: 'until-success', faults: {}, ran: 'd c b a', compensated: 'd c b a', notUndone: '', letters: [] },
  {
    strategy: 'until-success',
    faults: { b: 5 },
    ran: 'd c b! b! b! b! b! b a',
    compensated: 'd c b a',
    notUndone: '',
    letters: [],
  },
  {
    strategy: 'until-success',
    faults: { d: 4, a: 4 },
    ran: 'd! d! d! d! d c b a! a! a! a! a',
    compensated: 'd c b a',
    notUndone: '',
    letters: [],
  },
];

/** For titles: `b always, c once`. */
function tellFaults({ faults }: Row): string {
  const often = (times: number) => (times === EVER ? 'always' : times === 1 ? 'once' : `${times} times`);
  return (
    Object.entries(faults)
      .map(([step, times]) => `${step} ${often(times)}`)
      .join(', ') || 'none'
  );
}

const words = (text: string) => text.split(' ').filter((word) => word !== '');

describe.for(['in-run', 'in-code', 'terminal'] as const)('When compensations fail %s,', (how) => {
  test.for(MATRIX.map((row) => [row.strategy, tellFaults(row), row] as const))(
    'the strategy %s, failing: %s, runs and reports exactly this',
    async ([, , row]) => {
      const play = new Play();
      for (const [name, times] of Object.entries(row.faults)) {
        const error = () =>
          how === 'terminal' ? new TerminalError(`cannot undo ${name}`) : new Error(`cannot undo ${name}`);
        play.fail(name, times, how === 'in-code' ? 'in-code' : 'in-run', error);
      }
      const name = theatre.sagaName('matrix');
      const ending = await theatre.play(play, (ctx, { sagas }) =>
        sagas.run(
          ctx,
          name,
          async (saga) => {
            for (const step of ['a', 'b', 'c']) await saga.step(step, play.step(ctx, step));
            await saga.step('d', play.failing(ctx, 'd'));
          },
          { strategy: row.strategy, retry: { maxAttempts: 3, initialInterval: 10, factor: 1 } },
        ),
      );
      const ran = play.undone
        .map((line) => line.split(' '))
        .map(([, step, end]) => (end === 'fails' ? `${step}!` : step));
      const letters = theatre.deadLetters(name);
      const dead = letters.map(({ step, notUndone }) => `${step} (${notUndone.map((each) => each.step).join(' ')})`);
      seen(`ran ${ran.join(' ')}; dead letters, with what they leave undone: ${dead.join(', ') || 'none'}`);
      expect(ran).toEqual(words(row.ran));
      const known = (step: string) => (step === 'd' ? null : `value-${step}`);
      for (const line of play.undone.filter((each) => !each.endsWith('fails'))) {
        const step = line.split(' ')[1]!;
        expect(line).toBe(`undo ${step} ${known(step)}`);
      }
      expect(ending).toMatchObject({
        status: 418,
        message: 'no d',
        report: {
          saga: name,
          status: row.letters.length === 0 ? 'rolled-back' : 'incomplete',
          compensated: words(row.compensated),
          notUndone: words(row.notUndone),
          done: [],
          deadLettered: row.letters.map(([step]) => ({ step })),
          cause: { kind: 'error', message: 'no d', code: 418, step: 'd' },
        },
      });
      expect(letters).toEqual(
        row.letters.map(([step, attempts, undone], index) => ({
          id: ending.report!.deadLettered[index]!.id,
          saga: name,
          step,
          kind: 'compensation',
          compensation: 'undo',
          payload: { name: step, value: known(step) },
          error: {
            message: expect.stringMatching(new RegExp(`^(Run "undo ${step}" failed on try 1: )?cannot undo ${step}$`)),
            code: 500,
          },
          attempts,
          idempotencyKey: expect.stringContaining(step),
          invocationId: expect.stringMatching(/^inv_/),
          service: 'Stage',
          handler: 'implicit',
          key: null,
          cause: { message: 'no d', code: 418 },
          notUndone: words(undone).map((each) => ({
            step: each,
            compensation: 'undo',
            payload: { name: each, value: known(each) },
          })),
        })),
      );
    },
  );
});

describe('Steps without a compensation that can be named', () => {
  test('an irreversible step is not undone, is skipped in the report, and does not stop the others', async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'irreversible', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await saga.step('mail', { irreversible: true, action: play.step(ctx, 'mail').action });
        await saga.step('b', play.step(ctx, 'b'));
        throw new TerminalError('no', { errorCode: 418 });
      }),
    );
    expect(play.undone).toEqual(['undo b value-b', 'undo a value-a']);
    expect(ending.report).toMatchObject({
      status: 'rolled-back',
      done: ['mail'],
      compensated: ['b', 'a'],
      steps: [
        { name: 'a', state: 'compensated' },
        { name: 'mail', state: 'skipped' },
        { name: 'b', state: 'compensated' },
      ],
    });
  });

  test('an exhausted inline compensation is a dead letter without name and payload', async () => {
    const play = new Play();
    const name = theatre.sagaName('inline');
    await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(
        ctx,
        name,
        async (saga) => {
          await saga.step('a', {
            compensate: () => async () => undefined,
            action: play.step(ctx, 'a').action,
          });
          await saga.step('b', {
            compensate: () => async () => {
              throw new TypeError('of its own');
            },
            action: play.step(ctx, 'b').action,
          });
          throw new TerminalError('no');
        },
        { retry: { maxAttempts: 1 } },
      ),
    );
    expect(theatre.deadLetters(name)).toMatchObject([
      {
        step: 'b',
        compensation: null,
        payload: null,
        attempts: 1,
        error: { message: 'of its own', code: 500 },
        notUndone: [{ step: 'a', compensation: null, payload: null }],
      },
    ]);
  });

  test('a compensation that cannot be planned for what has become of its step is a failed one, not an escape', async () => {
    const play = new Play();
    const name = theatre.sagaName('planning');
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(
        ctx,
        name,
        async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await saga.step('b', {
            compensate: (outcome) => {
              if (outcome.known) throw new TypeError('unplanned');
              return () => Promise.resolve();
            },
            action: play.step(ctx, 'b').action,
          });
          throw new TerminalError('no', { errorCode: 418 });
        },
        { strategy: 'best-effort' },
      ),
    );
    expect(ending).toMatchObject({ status: 418, report: { compensated: ['a'], deadLettered: [{ step: 'b' }] } });
    expect(theatre.deadLetters(name)).toMatchObject([{ step: 'b', error: { message: 'unplanned' }, attempts: 3 }]);
  });
});
