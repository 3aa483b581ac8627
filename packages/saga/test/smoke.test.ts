import { Injectable } from '@nestjs/common';
import { Handler, run, Service } from '@rea/core';
import { Compensation, compensateWith, type CompensationRun, sagaReportOf, SagaModule, Sagas } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterEach, expect, test } from 'vitest';
import { Effects } from './support/effects.js';

let effects: Effects;
let app: ReaTestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

@Injectable()
class Undoing {
  @Compensation('undo')
  async undo(ctx: Context, payload: { n: number; value?: string }, info: CompensationRun): Promise<void> {
    await run(ctx, `undo ${payload.n}`, () => effects.add(`undo ${payload.n} ${payload.value} ${info.attempt}`));
  }
}

@Service()
class Flow {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async go(ctx: Context, fail: string): Promise<string> {
    return this.sagas.run(ctx, 'flow', async (saga) => {
      const values: string[] = [];
      for (const n of [1, 2, 3]) {
        values.push(
          await saga.step(`step ${n}`, {
            compensate: (outcome) => compensateWith('undo', { n, value: outcome.known ? outcome.value : undefined }),
            action: () => run(ctx, `do ${n}`, () => (effects.add(`do ${n}`), `value ${n}`)),
          }),
        );
      }
      if (fail === 'terminal') throw new TerminalError('no', { errorCode: 418 });
      if (fail === 'sleep') {
        effects.add('sleeping');
        await ctx.sleep({ hours: 1 });
      }
      if (fail === 'slow') {
        await saga.step('slow', {
          compensate: () => compensateWith('undo', { n: 4 }),
          action: () =>
            run(ctx, 'slow', async () => {
              effects.add('slow begins');
              await effects.seen('go on');
              effects.add('slow ends');
              return 'slow';
            }),
        });
      }
      return values.join(',');
    });
  }
}

async function start(): Promise<ReaTestApp> {
  effects = new Effects();
  app = await createTestApp({
    imports: [SagaModule.forRoot({ retry: { initialInterval: 10 } })],
    providers: [Flow, Undoing],
  });
  return app;
}

test('completes', async () => {
  const { ingress } = await start();
  expect(await ingress.service(Flow).call.go('', { idempotencyKey: 'a' })).toBe('value 1,value 2,value 3');
  expect(effects.log).toEqual(['do 1', 'do 2', 'do 3']);
});

test('rolls back on a terminal error', async () => {
  const { ingress } = await start();
  const error: unknown = await ingress
    .service(Flow)
    .call.go('terminal', { idempotencyKey: 'a' })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 418, message: 'no' });
  expect(effects.log).toEqual(['do 1', 'do 2', 'do 3', 'undo 3 value 3 1', 'undo 2 value 2 1', 'undo 1 value 1 1']);
  expect(sagaReportOf(error)).toMatchObject({ status: 'rolled-back', compensated: ['step 3', 'step 2', 'step 1'] });
});

test('rolls back on cancellation of a sleep', async () => {
  const { ingress } = await start();
  const { invocationId } = await ingress.service(Flow).send.go('sleep', { idempotencyKey: 'a' });
  await effects.seen('sleeping');
  await app!.cancel(invocationId);
  const error: unknown = await ingress
    .service(Flow)
    .call.go('', { idempotencyKey: 'a' })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 409 });
  expect(effects.of('undo')).toEqual(['undo 3 value 3 1', 'undo 2 value 2 1', 'undo 1 value 1 1']);
  expect(sagaReportOf(error)).toMatchObject({ cause: { kind: 'cancelled' } });
});

test('lets a running action settle before the rollback', async () => {
  const { ingress } = await start();
  const { invocationId } = await ingress.service(Flow).send.go('slow', { idempotencyKey: 'a' });
  await effects.seen('slow begins');
  await app!.cancel(invocationId);
  await expect
    .poll(async () => (await app!.journal(invocationId)).map((entry) => entry.entry_type))
    .toContain('Notification: Signal');
  effects.add('go on');
  const error: unknown = await ingress
    .service(Flow)
    .call.go('', { idempotencyKey: 'a' })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 409 });
  expect(effects.log.slice(3)).toEqual([
    'slow begins',
    'go on',
    'slow ends',
    'undo 4 undefined 1',
    'undo 3 value 3 1',
    'undo 2 value 2 1',
    'undo 1 value 1 1',
  ]);
});
