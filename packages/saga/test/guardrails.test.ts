import { Injectable, Scope } from '@nestjs/common';
import { all, type PolicyMode, run } from '@rea/core';
import { Compensation, compensateWith, type Saga, SagaModule, type SagaModuleOptions, type Step } from '@rea/saga';
import { createTestApp } from '@rea/testing';
import type { Context, RestatePromise } from '@restatedev/restate-sdk';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inviteCallees, type Scene } from './support/scenes.js';
import { Play } from './support/play.js';
import { Theatre } from './support/theatre.js';

/** What a guardrail lets through in a mode. */
type Verdict = 'refused' | 'works';

const MODES: readonly PolicyMode[] = ['strict', 'warn', 'disabled'];

describe.for(MODES)('In mode %s', (mode) => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({}, { policy: mode });
  });
  afterAll(() => theatre?.close());

  /** Plays a scene and expects that its guardrail refuses, and that everything is rolled back; or that it works. */
  async function expectVerdict(
    verdict: Verdict,
    code: string,
    make: (play: Play) => Scene,
    undone: string[],
  ): Promise<void> {
    const play = new Play();
    const ending = await theatre.play(play, make(play));
    const refusal = { status: 500, message: expect.stringContaining(code) };
    expect(ending).toMatchObject(verdict === 'works' ? { value: 'done' } : refusal);
    expect(play.undone).toEqual(verdict === 'works' ? [] : undone);
  }

  const unsafe: Verdict = mode === 'disabled' ? 'works' : 'refused';
  const advisory: Verdict = mode === 'strict' ? 'refused' : 'works';

  const steps =
    (count: number, name = (n: number) => `s${n}`) =>
    (play: Play): Scene =>
    (ctx, { sagas }) =>
      sagas.run(ctx, 'many', async (saga) => {
        for (let n = 1; n <= count; n += 1) {
          await saga.step(name(n), { irreversible: true, action: play.step(ctx, `s${n}`).action });
        }
        return 'done';
      });

  test('20 steps are fine', () => expectVerdict('works', '', steps(20), []));

  test(`21 steps: ${advisory}`, () => expectVerdict(advisory, 'REA2033', steps(21), []));

  test(`51 steps: ${unsafe}`, () => expectVerdict(unsafe, mode === 'strict' ? 'REA2033' : 'REA2034', steps(51), []));

  test(`a step's name that is taken: ${unsafe}`, () =>
    expectVerdict(
      unsafe,
      'REA2032',
      steps(2, () => 'same'),
      [],
    ));

  test(`a compensation that the application has not: ${unsafe}, before the action starts`, async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'unregistered', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await saga.step('b', { compensate: () => compensateWith('forgotten', {}), action: play.step(ctx, 'b').action });
        return 'done';
      }),
    );
    const works = unsafe === 'works';
    const refusal = { status: 500, message: expect.stringMatching(/REA2030.*"forgotten".*undo/s) };
    expect(ending).toMatchObject(works ? { value: 'done' } : refusal);
    expect(play.effects.log).toEqual(works ? ['do a', 'do b'] : ['do a', 'undo a value-a']);
  });

  test.for([
    ['large', 300_000, advisory, 'REA2014'],
    ['oversize', 1_100_000, unsafe, 'REA2015'],
  ] as const)('the payload of a compensation is %s (%i bytes): %s, before the action starts', async (row) => {
    const [, bytes, verdict, code] = row;
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'large', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        const compensate = () => compensateWith('undo', { name: 'b', value: 'x'.repeat(bytes) });
        await saga.step('b', { compensate, action: play.step(ctx, 'b').action });
        return 'done';
      }),
    );
    const refusal = { status: 500, message: expect.stringMatching(`${code}.*payload of the compensation "undo"`) };
    expect(ending).toMatchObject(verdict === 'works' ? { value: 'done' } : refusal);
    expect(play.effects.log).toEqual(verdict === 'works' ? ['do a', 'do b'] : ['do a', 'undo a value-a']);
  });

  test.for<[string, unknown]>([
    ['a Map', new Map([['sku', 1]])],
    ['NaN', Number.NaN],
    ['a function', () => 1],
  ])(`the payload of a compensation has %s: ${advisory}, before the action starts`, async ([what, value]) => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'lossy', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        const compensate = () => compensateWith('undo', { name: 'b', value });
        await saga.step('b', { compensate, action: play.step(ctx, 'b').action });
        return 'done';
      }),
    );
    const message = expect.stringContaining(`The payload of the compensation "undo" has ${what} at .value`);
    expect(ending).toMatchObject(advisory === 'works' ? { value: 'done' } : { status: 500, message });
    expect(play.effects.log).toEqual(advisory === 'works' ? ['do a', 'do b'] : ['do a', 'undo a value-a']);
  });

  test(`a saga within a run: ${unsafe}`, async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      run(ctx, 'outer run', () => sagas.run(ctx, 'inner', async () => 'done')),
    );
    const refusal = { status: 500, message: expect.stringContaining('sagas.run("inner") inside the run "outer run"') };
    expect(ending).toMatchObject(unsafe === 'works' ? { value: 'done' } : refusal);
  });

  const late: Readonly<Record<string, (ctx: Context, future: RestatePromise<string>) => PromiseLike<string>>> = {
    'the future itself': (_, future) => future,
    'the future, mapped': (_, future) => future.map((value) => `${value}!`),
    'a combination with it': (ctx, future) => all(ctx, [future, run(ctx, 'new', () => 'new')]).map(() => 'both'),
    'the future with a timeout': (_, future) => future.orTimeout({ minutes: 1 }),
  };
  test.for(Object.keys(late))(`an action that was started before its step (%s): ${unsafe}`, async (how) => {
    for (const kind of ['run', 'call'] as const) {
      await expectVerdict(
        unsafe,
        'REA2031',
        (play) => {
          const guest = inviteCallees(play);
          return (ctx, { sagas, callees }) =>
            sagas.run(ctx, 'late', async (saga) => {
              const future: RestatePromise<string> =
                kind === 'run' ? run(ctx, 'early', () => 'early') : callees.call.note({ guest, name: 'early' });
              await saga.step('a', {
                compensate: play.step(ctx, 'a').compensate,
                action: () => late[how]!(ctx, future),
              });
              return 'done';
            });
        },
        ['undo a null'],
      );
    }
  });

  test('an action that starts within its step is in time, whatever was started before', () =>
    expectVerdict(
      'works',
      '',
      (play) =>
        (ctx, { sagas }) =>
          sagas.run(ctx, 'in time', async (saga) => {
            await run(ctx, 'before', () => 1);
            await saga.step('a', play.step(ctx, 'a'));
            await saga.parallel({ b: play.step(ctx, 'b'), c: play.step(ctx, 'c') });
            return 'done';
          }),
      [],
    ));
});

describe('Whatever the policy', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({}, { policy: 'disabled' });
  });
  afterAll(() => theatre?.close());

  test('a compensation that is none is refused before the action starts', async () => {
    for (const planned of [
      undefined,
      null,
      'undo',
      Promise.resolve({ compensation: 'undo', payload: 1 }),
      { name: 'undo' },
    ]) {
      const play = new Play();
      const ending = await theatre.play(play, (ctx, { sagas }) =>
        sagas.run(ctx, 'none', async (saga) => {
          await saga.step('a', { compensate: () => planned as never, action: play.step(ctx, 'a').action });
        }),
      );
      expect(ending).toMatchObject({ status: 500, message: expect.stringMatching(/^REA8003: .*"a".*compensateWith/) });
      expect(play.effects.log).toEqual([]);
    }
  });

  test.for<[string, object, RegExp]>([
    ['says nothing of its undoing', {}, /does not say how it is undone/],
    ['denies to be irreversible', { irreversible: false }, /does not say how it is undone/],
    ['gives a plan in place of the function', { compensate: compensateWith('undo') }, /does not say how it is undone/],
    ['is irreversible and undone', { irreversible: true, compensate: () => compensateWith('undo') }, /Leave out one/],
    ['has a promise as its action', { irreversible: true, action: Promise.resolve('') }, /action: \(\) =>/],
  ])('a step that %s is refused before its action starts', async ([, odd, message]) => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'odd', async (saga) => {
        const { action } = play.step(ctx, 'b');
        await saga.step('a', play.step(ctx, 'a'));
        await saga.step('b', { action, ...odd } as never);
      }),
    );
    expect(ending).toMatchObject({ status: 500, message: expect.stringMatching(/^REA8008: The step "b" /) });
    expect(ending.message).toMatch(message);
    expect(play.effects.log).toEqual(['do a', 'undo a value-a']);
  });

  const NAMES: readonly [string, unknown][] = [
    ['an empty text', ''],
    ['undefined', undefined],
    ['null', null],
    ['a number (7)', 7],
    ['a symbol', Symbol('b')],
  ];
  const starts: Readonly<Record<string, (saga: Saga, name: never, step: Step<string>) => Promise<unknown>>> = {
    'a step': (saga, name, step) => saga.step(name, step),
    'a pivot': (saga, name, step) => saga.pivot(name, step),
    'a nested saga': (saga, name, step) => saga.nested(name, (inner) => inner.step('b', step)),
  };
  const unnamed = NAMES.flatMap(([what, name]) =>
    Object.keys(starts).map((kind): [string, string, unknown] => [kind, what, name]),
  );

  test.each(unnamed)('%s with %s as its name is refused before its action starts', async (kind, what, name) => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'unnamed', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await starts[kind]!(saga, name as never, play.step(ctx, 'b'));
        throw new TerminalError('too late', { errorCode: 418 });
      }),
    );
    expect(ending).toMatchObject({ status: 500, message: expect.stringMatching(/^REA8070: /) });
    expect(ending.message).toContain(`has ${what} as its name`);
    expect(play.effects.log).toEqual(['do a', 'undo a value-a']);
  });

  test('parallel steps of which one has an empty name are refused before an action starts', async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'unnamed', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await saga.parallel({ b: play.step(ctx, 'b'), '': play.step(ctx, 'c') });
      }),
    );
    expect(ending).toMatchObject({
      status: 500,
      message: expect.stringMatching(/^REA8070: A step of the saga "unnamed"/),
    });
    expect(play.effects.log).toEqual(['do a', 'undo a value-a']);
  });

  test.each(NAMES)('a saga with %s as its name is refused before its block runs', async (what, name) => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, name as never, async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        throw new TerminalError('too late', { errorCode: 418 });
      }),
    );
    expect(ending).toMatchObject({ status: 500, message: expect.stringContaining(`A saga has ${what} as its name`) });
    expect(play.effects.log).toEqual([]);
  });

  test('a payload that JSON cannot write is refused before the action starts', async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'bigint', async (saga) => {
        await saga.step('a', {
          compensate: () => compensateWith('undo', { n: 1n }),
          action: play.step(ctx, 'a').action,
        });
      }),
    );
    expect(ending).toMatchObject({ status: 500, message: expect.stringMatching(/^REA8003: .*JSON/) });
    expect(play.effects.log).toEqual([]);
  });

  test('a compensation is given its payload as it would be redriven: as JSON', async () => {
    const play = new Play();
    await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'json', async (saga) => {
        await saga.step('a', {
          compensate: () => compensateWith('undo', { name: 'a', value: new Date(0) }),
          action: play.step(ctx, 'a').action,
        });
        throw new TerminalError('no');
      }),
    );
    expect(play.undone).toEqual(['undo a 1970-01-01T00:00:00.000Z']);
  });

  test('a compensation that the application has not is a dead letter once the rollback needs it', async () => {
    const play = new Play();
    const name = theatre.sagaName('forgotten');
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(
        ctx,
        name,
        async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          const compensate = () => compensateWith('forgotten', { hold: 1 });
          await saga.step('b', { compensate, action: play.step(ctx, 'b').action });
          throw new TerminalError('no', { errorCode: 418 });
        },
        { strategy: 'best-effort' },
      ),
    );
    expect(ending).toMatchObject({ status: 418, report: { compensated: ['a'], deadLettered: [{ step: 'b' }] } });
    expect(theatre.deadLetters(name)).toMatchObject([
      {
        compensation: 'forgotten',
        payload: { hold: 1 },
        error: { message: expect.stringMatching(/^REA8001: .*"forgotten"/) },
      },
    ]);
  });

  test('a payload that does not fit the schema of its compensation is a dead letter, and the compensation does not run', async () => {
    const play = new Play();
    const name = theatre.sagaName('unfit');
    await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, name, async (saga) => {
        const compensate = () => compensateWith('undo-checked', { name: 1 });
        await saga.step('a', { compensate, action: play.step(ctx, 'a').action });
        throw new TerminalError('no');
      }),
    );
    expect(theatre.deadLetters(name)).toMatchObject([
      {
        payload: { name: 1 },
        error: { message: expect.stringMatching(/^REA8004: .*undo-checked.*name: /), code: 400 },
      },
    ]);
    expect(play.undone).toEqual([]);
  });

  test('a step that is started after its saga has ended is refused: it could not be undone', async () => {
    const play = new Play();
    const late: string[] = [];
    const ending = await theatre.play(play, async (ctx, { sagas }) => {
      let leaked: { step: (name: string) => Promise<unknown> } | undefined;
      await sagas
        .run(ctx, 'ended', async (saga) => {
          leaked = { step: (name) => saga.step(name, play.step(ctx, name)) };
          await saga.step('a', play.step(ctx, 'a'));
          throw new TerminalError('no');
        })
        .catch(() => undefined);
      await leaked!.step('b').catch((error: Error) => late.push(error.message));
      return 'done';
    });
    expect(ending).toEqual({ value: 'done' });
    expect(late.at(-1)).toMatch(/^REA8007: .*"b".*"ended".*saga\.parallel/);
    expect(play.effects.log).toEqual(['do a', 'undo a value-a']);
  });
});

test.for<[SagaModuleOptions, RegExp]>([
  [{ strategy: 'some' as never }, /strategy.*all, completed, best-effort, until-success/],
  [{ retry: { maxAttempts: 0 } }, /retry\.maxAttempts.*1 or more/],
  [{ retry: { initialInterval: -1 } }, /retry\.initialInterval/],
  [{ retry: { factor: 0.5 } }, /retry\.factor/],
  [{ retry: { jitter: 2 } }, /retry\.jitter/],
])('Options that cannot work are refused when the module is defined: %j', ([options, message]) => {
  expect(() => SagaModule.forRoot(options)).toThrow(message);
});

test('Options that cannot work are refused when the saga starts, terminally', async () => {
  const theatre = await Theatre.open();
  try {
    const ending = await theatre.play(new Play(), (ctx, { sagas }) =>
      sagas.run(ctx, 'options', async () => 'done', { retry: { maxAttempts: 0 } }),
    );
    expect(ending).toMatchObject({ status: 500, message: expect.stringContaining('retry.maxAttempts') });
  } finally {
    await theatre.close();
  }
});

describe('The start is refused', () => {
  @Injectable()
  class One {
    @Compensation('twin')
    async undo(_ctx: Context, _payload: unknown): Promise<void> {}
  }
  @Injectable()
  class Other {
    @Compensation('twin')
    async undo(_ctx: Context, _payload: unknown): Promise<void> {}
  }

  @Injectable({ scope: Scope.REQUEST })
  class OfARequest {
    @Compensation('of-a-request')
    async undo(_ctx: Context, _payload: unknown): Promise<void> {}
  }

  test('when a compensation lives only for a request: a rollback has none', async () => {
    const start = createTestApp({ imports: [SagaModule.forRoot()], providers: [OfARequest] });
    await expect(start).rejects.toThrow(/REA1041.*OfARequest\.undo.*"of-a-request"/);
  });

  test('when options from a factory cannot work', async () => {
    const options = { useFactory: () => ({ retry: { maxAttempts: 0 } }) };
    const start = createTestApp({ imports: [SagaModule.forRootAsync(options)] });
    await expect(start).rejects.toThrow(/retry\.maxAttempts/);
  });

  test('when two compensations have one name', async () => {
    const start = createTestApp({ imports: [SagaModule.forRoot()], providers: [One, Other] });
    await expect(start).rejects.toThrow(/REA1040.*"twin".*One\.undo.*Other\.undo/);
  });
});
