import { Injectable } from '@nestjs/common';
import { Handler, ReaEvents, run, Service, VirtualObject, Workflow, WorkflowRun } from '@rea/core';
import {
  Compensation,
  type CompensationRun,
  compensateWith,
  SagaModule,
  SagaOperations,
  sagaReportOf,
  Sagas,
} from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, WorkflowContext } from '@restatedev/restate-sdk';
import { afterEach, describe, expect, test } from 'vitest';
import { Effects } from './support/effects.js';

let effects: Effects;
const apps: ReaTestApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

@Injectable()
class Undoing {
  @Compensation('undo')
  async undo(ctx: Context, what: string, { idempotencyKey }: CompensationRun): Promise<void> {
    await run(ctx, `undo ${what}`, () => effects.add(`undo ${what} ${idempotencyKey}`));
  }
}

async function doWork(ctx: Context, sagas: Sagas, mode: string): Promise<void> {
  await sagas.run(
    ctx,
    'work',
    async (saga) => {
      for (const step of ['a', 'b']) {
        await saga.step(step, {
          compensate: () => compensateWith('undo', step),
          action: () => run(ctx, step, ({ idempotencyKey }) => effects.add(`do ${step} ${idempotencyKey}`)),
        });
      }
      if (mode === 'fail') {
        await run(ctx, 'broken', () => {
          effects.add('broken');
          if (!effects.log.includes('mended')) throw new Error('not yet');
        });
        return;
      }
      if (mode === 'busy') {
        await saga.step('c', {
          compensate: () => compensateWith('undo', 'c'),
          action: () =>
            run(ctx, 'c', async ({ idempotencyKey, signal }) => {
              effects.add(`do c ${idempotencyKey}`);
              effects.add('busy');
              await new Promise((resolve) => signal.addEventListener('abort', resolve));
            }),
        });
      }
      effects.add('asleep');
      await ctx.sleep({ hours: 1 });
    },
    { journal: true },
  );
}

@Service()
class Work {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async go(ctx: Context, mode: string): Promise<void> {
    await doWork(ctx, this.sagas, mode);
  }

  @Handler({ retryPolicy: { maxAttempts: 2, initialInterval: 10, onMaxAttempts: 'pause' } })
  async patient(ctx: Context, mode: string): Promise<void> {
    await doWork(ctx, this.sagas, mode);
  }
}

@VirtualObject()
class Thing {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async go(ctx: ObjectContext, mode: string): Promise<void> {
    await doWork(ctx, this.sagas, mode);
  }

  @Handler()
  async ping(_ctx: ObjectContext): Promise<string> {
    return 'pong';
  }
}

@Workflow({ retention: 'standard' })
class Flow {
  constructor(private readonly sagas: Sagas) {}

  @WorkflowRun()
  async go(ctx: WorkflowContext, mode: string): Promise<void> {
    await doWork(ctx, this.sagas, mode);
  }
}

@Service()
class Other {
  @Handler()
  async wait(ctx: Context): Promise<void> {
    effects.add('waiting');
    await ctx.sleep({ hours: 1 });
  }
}

type Told = { readonly type: string; readonly invocationId: string }[];

async function start(onKilled: 'report' | 'roll-back', namespace?: string): Promise<{ app: ReaTestApp; told: Told }> {
  const app = await createTestApp({
    imports: [
      SagaModule.forRoot({ retry: { initialInterval: 10, maxAttempts: 2 }, supervisor: { interval: 50, onKilled } }),
    ],
    providers: [Work, Thing, Flow, Other, Undoing],
    ...(namespace === undefined ? {} : { rea: { namespace } }),
  });
  apps.push(app);
  const told: Told = [];
  for (const type of ['saga-killed', 'saga-paused'] as const) {
    app.get(ReaEvents).on(type, ({ invocationId }) => told.push({ type, invocationId }));
  }
  return { app, told };
}

const undone = () => effects.of('undo').map((line) => line.split(' ')[1]);
const patience = { timeout: 20_000, interval: 20 };

describe('a killed saga', () => {
  test('is told once, and left alone until an operator rolls it back', async () => {
    effects = new Effects();
    const { app, told } = await start('report');
    const { invocationId } = await app.ingress.service(Work).send.go('', { idempotencyKey: 'k' });
    const { invocationId: other } = await app.ingress.service(Other).send.wait(undefined, { idempotencyKey: 'k' });
    await effects.seen('asleep');
    await effects.seen('waiting');
    await app.kill(other);
    await app.kill(invocationId);
    await expect.poll(() => told, patience).toEqual([{ type: 'saga-killed', invocationId }]);
    const operations = app.get(SagaOperations);
    expect(JSON.stringify(await operations.killed())).toContain(invocationId);
    expect(undone()).toEqual([]);
    await operations.rollBack(invocationId, { by: 'ada', reason: 'it hung' });
    await expect.poll(undone, patience).toEqual(['b', 'a']);
    expect(told).toHaveLength(1);
    expect(effects.of('do')).toHaveLength(2);
  });

  test.for(['', 'busy'])(
    'of a service is rolled back with the keys of the killed one, and does nothing twice (%s)',
    async (mode) => {
      effects = new Effects();
      const { app } = await start('roll-back');
      const { invocationId } = await app.ingress.service(Work).send.go(mode, { idempotencyKey: 'k' });
      await effects.seen(mode === 'busy' ? 'busy' : 'asleep');
      await app.kill(invocationId);
      const expected = mode === 'busy' ? ['c', 'b', 'a'] : ['b', 'a'];
      await expect.poll(undone, patience).toEqual(expected);
      expect(effects.of('do').map((line) => line.split(' ')[1])).toEqual(expected.toReversed());
      for (const line of effects.of('undo')) expect(line).toContain(invocationId);
    },
  );

  test('of an object is rolled back, and frees the object', async () => {
    effects = new Effects();
    const { app } = await start('roll-back');
    const { invocationId } = await app.ingress.object(Thing).of('t').send.go('', { idempotencyKey: 'k' });
    await effects.seen('asleep');
    await app.kill(invocationId);
    await expect.poll(undone, patience).toEqual(['b', 'a']);
    expect(await app.ingress.object(Thing).of('t').call.ping(undefined, { idempotencyKey: 'p' })).toBe('pong');
  });

  test('of a workflow is rolled back from its log', async () => {
    effects = new Effects();
    const { app } = await start('roll-back');
    const { invocationId } = await app.ingress.workflow(Flow).of('f').submit('');
    await effects.seen('asleep');
    await app.kill(invocationId);
    await expect.poll(undone, patience).toEqual(['b', 'a']);
  });

  test('is rolled back once when two replicas find it', async () => {
    effects = new Effects();
    const { app, told } = await start('roll-back');
    const twin = await start('roll-back', app.namespace);
    const { invocationId } = await app.ingress.service(Work).send.go('', { idempotencyKey: 'k' });
    await effects.seen('asleep');
    await app.kill(invocationId);
    await expect.poll(undone, patience).toEqual(['b', 'a']);
    await expect.poll(() => [...told, ...twin.told], patience).toHaveLength(1);
    const copies = await app.query(`select id from sys_invocation where restarted_from = '${invocationId}'`);
    expect(copies).toHaveLength(1);
  });
});

describe('a paused saga', () => {
  test('is told, resumed to go on, or cancelled to roll back with a reason', async () => {
    effects = new Effects();
    const { app, told } = await start('report');
    const operations = app.get(SagaOperations);
    const work = app.ingress.service(Work);
    const { invocationId: first } = await work.send.patient('fail', { idempotencyKey: 'first' });
    await expect.poll(() => told, patience).toEqual([{ type: 'saga-paused', invocationId: first }]);
    expect(JSON.stringify(await operations.paused())).toContain(first);
    await operations.cancel(first, { by: 'ada', reason: 'changed my mind' });
    const error: unknown = await work.call
      .patient('fail', { idempotencyKey: 'first' })
      .catch((reason: unknown) => reason);
    expect(sagaReportOf(error)).toMatchObject({
      cause: { kind: 'cancelled', reason: 'changed my mind' },
      compensated: ['b', 'a'],
    });

    const { invocationId: second } = await work.send.patient('fail', { idempotencyKey: 'second' });
    await expect.poll(() => told.map((one) => one.invocationId), patience).toEqual([first, second]);
    effects.add('mended');
    await operations.resume(second, { by: 'ada' });
    await work.call.patient('fail', { idempotencyKey: 'second' });
    expect(undone()).toEqual(['b', 'a']);
  });
});
