import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ReaModule, run } from '@rea/core';
import { Compensation, compensateWith, type CompensationRun, sagaReportOf, SagaModule, Sagas } from '@rea/saga';
import { fakeContext, runInContext } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { beforeAll, expect, test } from 'vitest';

@Injectable()
class Undoing {
  readonly log: unknown[] = [];

  @Compensation('undo')
  async undo(ctx: Context, payload: unknown, { step, attempt }: CompensationRun): Promise<void> {
    await run(ctx, 'undo', () => this.log.push([step, attempt, payload]));
  }
}

/** The module's `Sagas` as the container makes it; no server stands behind it. */
let sagas: Sagas;
let undoing: Undoing;
beforeAll(async () => {
  const module = await Test.createTestingModule({
    imports: [
      ReaModule.forRoot({ server: { ingressUrl: 'http://127.0.0.1:1' }, endpoint: false }),
      SagaModule.forRoot({ retry: { maxAttempts: 2 } }),
    ],
    providers: [Undoing],
  }).compile();
  await module.init();
  sagas = module.get(Sagas);
  undoing = module.get(Undoing);
});

const step = (ctx: Context, log: string[], name: string, failures = 0) => ({
  compensate:
    () =>
    (compensating: Context, { attempt }: { attempt: number }) =>
      run(compensating, `undo ${name}`, () => {
        log.push(`undo ${name}`);
        if (attempt <= failures) throw new Error(`cannot undo ${name}`);
      }),
  action: () => run(ctx, `do ${name}`, () => (log.push(`do ${name}`), name)),
});

test('a saga runs on a fake context, without a server', async () => {
  const log: string[] = [];
  const ctx = fakeContext();
  const result = await runInContext(ctx, (given) =>
    sagas.run(given, 'unit', async (saga) => [
      await saga.step('a', step(given, log, 'a')),
      await saga.parallel({ b: step(given, log, 'b'), c: step(given, log, 'c') }),
      await saga.nested('n', async (inner) => inner.step('d', step(given, log, 'd'))),
    ]),
  );
  expect(result).toEqual(['a', { b: 'b', c: 'c' }, 'd']);
  expect(ctx.stored['_rea.saga.unit']).toMatchObject({ status: 'completed', done: ['a', 'b', 'c', 'n/d'] });
});

test('it rolls back there, with retries and without waiting for them', async () => {
  const log: string[] = [];
  const ctx = fakeContext();
  const failure = runInContext(ctx, (given) =>
    sagas.run(
      given,
      'unit',
      async (saga) => {
        await saga.step('a', step(given, log, 'a'));
        await saga.step('b', step(given, log, 'b', 1));
        throw new TerminalError('no', { errorCode: 418 });
      },
      { deadline: { minutes: 5 } },
    ),
  );
  const error: unknown = await failure.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 418 });
  expect(sagaReportOf(error)).toMatchObject({ status: 'rolled-back', compensated: ['b', 'a'] });
  expect(log).toEqual(['do a', 'do b', 'undo b', 'undo b', 'undo a']);
  expect(ctx.sleeps).toEqual([1_000]);
});

test('compensations are found in the container there', async () => {
  const failure = runInContext(fakeContext(), (given) =>
    sagas.run(given, 'unit', async (saga) => {
      await saga.step('a', {
        compensate: (outcome) => compensateWith('undo', outcome),
        action: () => run(given, 'do', () => 'done'),
      });
      throw new TerminalError('no');
    }),
  );
  await expect(failure).rejects.toThrow('no');
  expect(undoing.log).toEqual([['a', 1, { known: true, value: 'done' }]]);
});

test('what cannot be undone goes to the dead-letter queue there', async () => {
  const log: string[] = [];
  const ctx = fakeContext();
  await runInContext(ctx, (given) =>
    sagas.run(given, 'unit', async (saga) => {
      await saga.step('a', step(given, log, 'a', 9));
      throw new TerminalError('no');
    }),
  ).catch(() => undefined);
  expect(ctx.sends).toMatchObject([{ handler: 'add', input: { saga: 'unit', step: 'a', attempts: 2 } }]);
});

test('a plain error is thrown there: nobody retries it', async () => {
  const log: string[] = [];
  const failure = runInContext(fakeContext(), (given) =>
    sagas.run(given, 'unit', async (saga) => {
      await saga.step('a', step(given, log, 'a'));
      throw new Error('plain');
    }),
  );
  await expect(failure).rejects.toThrow('plain');
  expect(log).toEqual(['do a']);
});

test('a saga after the pivot goes forward there', async () => {
  const log: string[] = [];
  const failure = runInContext(fakeContext(), (given) =>
    sagas.run(given, 'unit', async (saga) => {
      await saga.pivot('p', step(given, log, 'p'));
      await saga.step('b', {
        irreversible: true,
        action: ({ attempt }) =>
          run(given, 'b', (): void => {
            log.push(`try ${attempt}`);
            throw new Error('never');
          }),
      });
    }),
  );
  await expect(failure).rejects.toThrow('never');
  expect(log).toEqual(['do p', 'try 1', 'try 2']);
});
