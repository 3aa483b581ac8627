import { run } from '@rea/core';
import { sagaReportOf } from '@rea/saga';
import { CancelledError, type ObjectContext, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FlowStage, ObjectStage } from './support/components.js';
import { Play } from './support/play.js';
import { Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

describe('The error that leaves a saga', () => {
  test('keeps its status, message and metadata, and carries the report through a durable call', async () => {
    const play = new Play();
    const inner = theatre.sceneName(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'inner', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        throw new TerminalError('inner fails', { errorCode: 422, metadata: { own: 'kept' } });
      }),
    );
    const seen: unknown[] = [];
    await theatre.play(new Play(), async (_, { stage }) => {
      await stage.call.implicit(inner).catch((error: TerminalError) => {
        seen.push({
          code: error.code,
          message: error.message,
          own: error.metadata?.['own'],
          report: sagaReportOf(error),
        });
      });
    });
    expect(seen.at(-1)).toMatchObject({
      code: 422,
      message: 'inner fails',
      own: 'kept',
      report: { saga: 'inner', status: 'rolled-back', compensated: ['a'], cause: { code: 422 } },
    });
  });

  test('is a CancelledError inside the handler when it was cancelled', async () => {
    const play = new Play();
    const performance = await theatre.start(play, (ctx, { sagas }) =>
      sagas
        .run(ctx, 'cancelled', async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          await run(ctx, 'ready', () => play.effects.add('ready'));
          await ctx.sleep({ hours: 1 });
        })
        .catch((error: unknown) => [error instanceof CancelledError, sagaReportOf(error)?.status]),
    );
    await play.effects.seen('ready');
    await performance.cancel();
    expect(await performance.ending()).toEqual({ value: [true, 'rolled-back'] });
  });

  test.for([
    [399, 500],
    [200, 500],
    [400, 400],
    [569, 569],
    [570, 500],
    [571, 500],
    [598, 500],
    [599, 500],
    [1000, 500],
  ] as const)('has the status that HTTP and the engine can carry: %i leaves as %i', async ([code, status]) => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'codes', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        throw new TerminalError('odd', { errorCode: code });
      }),
    );
    expect(ending).toMatchObject({ status, report: { compensated: ['a'] } });
    const isStatus = status === (code as number);
    expect(ending.message).toBe(
      `odd${isStatus ? '' : ` (REA2055: its code ${code} is not an HTTP error status, so it was sent as 500)`}`,
    );
    expect(play.undone).toEqual(['undo a value-a']);
  });

  test('that has none carries no report, nor does something else', () => {
    for (const value of [new TerminalError('plain'), new Error('other'), undefined, null, 'text', { metadata: null }]) {
      expect(sagaReportOf(value)).toBeUndefined();
    }
  });

  test('does not carry what compensations would be given, also when that is kept in state', async () => {
    const play = new Play();
    const performance = await theatre.startOnObject<ObjectContext>(play, 'journal', (ctx, { sagas }) =>
      sagas.run(
        ctx,
        'journal',
        async (saga) => {
          await saga.step('a', play.step(ctx, 'a'));
          throw new TerminalError('no');
        },
        { journal: true },
      ),
    );
    const { report } = await performance.ending();
    expect(report!.steps).toEqual([{ name: 'a', state: 'compensated' }]);
    const state = await theatre.app.state('ObjectStage', 'journal');
    expect(state['_rea.saga.journal']).toMatchObject({
      steps: [{ name: 'a', compensation: 'undo', payload: { name: 'a', value: 'value-a' } }],
    });
  });
});

describe('While a saga runs, its report', () => {
  test('is readable on an object, from the first step to the end of the rollback', async () => {
    const play = new Play();
    const performance = await theatre.startOnObject<ObjectContext>(play, 'live', (ctx, { sagas }) =>
      sagas.run(ctx, 'live', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        await saga.step('b', {
          compensate: () => (compensating) =>
            run(compensating, 'undo', async () => {
              play.effects.add('undoing b');
              await play.effects.seen('b may be undone');
            }),
          action: play.step(ctx, 'b', () => play.effects.seen('go on')).action,
        });
        throw new TerminalError('no', { errorCode: 418 });
      }),
    );
    const report = () => theatre.app.ingress.object(ObjectStage).of('live').call.report('live');
    await play.effects.seen('do b');
    await expect.poll(report).toMatchObject({
      status: 'running',
      done: ['a'],
      steps: [{ name: 'a', state: 'done' }],
    });
    play.effects.add('go on');
    await play.effects.seen('undoing b');
    await expect.poll(report).toMatchObject({
      status: 'rolling-back',
      cause: { kind: 'error', code: 418 },
      steps: [
        { name: 'a', state: 'done' },
        { name: 'b', state: 'compensating' },
      ],
    });
    play.effects.add('b may be undone');
    const ending = await performance.ending();
    expect(await report()).toEqual(ending.report);
    expect(ending.report).toMatchObject({ status: 'rolled-back', compensated: ['b', 'a'] });
  });

  test('is readable in a workflow, also once it is completed', async () => {
    const play = new Play();
    const performance = await theatre.startWorkflow<WorkflowContext>(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'flow', async (saga) => saga.step('a', play.step(ctx, 'a'))),
    );
    expect(await performance.ending()).toEqual({ value: 'value-a' });
    const report = await theatre.app.ingress.workflow(FlowStage).of(performance.key).query.report('flow');
    expect(report).toMatchObject({ status: 'completed', done: ['a'], steps: [{ name: 'a', state: 'done' }] });
    expect(report!.cause).toBeUndefined();
  });

  test('is not kept on services, nor where that is switched off', async () => {
    const play = new Play();
    const service = await theatre.start(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'no state', async (saga) => saga.step('a', play.step(ctx, 'a'))),
    );
    await service.ending();
    const object = await theatre.startOnObject<ObjectContext>(play, 'off', (ctx, { sagas }) =>
      sagas.run(ctx, 'no state', async (saga) => saga.step('a', play.step(ctx, 'a')), { report: false }),
    );
    await object.ending();
    for (const { id } of [service, object]) {
      const entries = (await theatre.app.journal(id)).map((row) => row.entry_type);
      expect(entries).toContain('Command: Run');
      expect(entries).not.toContain('Command: SetState');
    }
  });

  test('is there for the block itself', async () => {
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'own', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        return saga.report;
      }),
    );
    expect(ending.value).toMatchObject({ saga: 'own', status: 'running', done: ['a'], compensated: [] });
  });
});

test('A cancel may carry a reason, which the report keeps', async () => {
  const play = new Play();
  const performance = await theatre.start(play, (ctx, { sagas }) =>
    sagas.run(ctx, 'reason', async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      await run(ctx, 'ready', () => play.effects.add('ready'));
      await ctx.sleep({ hours: 1 });
    }),
  );
  await play.effects.seen('ready');
  const canceller = await theatre.play(new Play(), async (ctx) => {
    const invocation = ctx.invocation(performance.id as never);
    invocation.signal('rea.saga.cancel').resolve({ reason: 'customer called' });
    invocation.cancel();
  });
  expect(canceller).toEqual({ value: undefined });
  expect(await performance.ending()).toMatchObject({
    status: 409,
    report: { cause: { kind: 'cancelled', reason: 'customer called' } },
  });
});
