import { run } from '@rea/core';
import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { expectTree } from '../support/expect-tree.js';
import { inRequest, openSpansOf, recordSpans, spansOf, spansWith } from '../support/recorded-spans.js';
import { Echo, type Scene, sceneNamed, Stage } from '../support/scenes.js';
import { replaysAlways } from '../support/test-mode.js';

recordSpans();

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
    providers: [Stage, Echo],
  });
});
afterAll(() => app?.close());

type Handler = 'play' | 'restless';

/** Plays a scene in a request. Gives the trace's id. */
async function play(scene: Scene, handler: Handler = 'play'): Promise<string> {
  const request = () =>
    app.ingress
      .service(Stage)
      .call[handler](sceneNamed(scene), { idempotencyKey: false })
      .catch((error: Error) => error.message);
  return (await inRequest('request', request)).traceId;
}

/** Starts a scene in a request. */
async function start(scene: Scene): Promise<{ traceId: string; id: string }> {
  const request = () => app.ingress.service(Stage).send.play(sceneNamed(scene), { idempotencyKey: false });
  const { traceId, answer } = await inRequest('request', request);
  return { traceId, id: answer.invocationId };
}

/** @param merged a suspended attempt and the next one are one */
function expectTrace(traceId: string, tree: string, merged = false): Promise<void> {
  return expectTree(() => spansOf(traceId), app.namespace, tree, merged);
}

test('a suspension is no error, and what was done before it makes no span again', async () => {
  const traceId = await play(
    async (ctx, { sagas, echo, spans }) =>
      sagas.run(ctx, 'suspended', async (saga) => {
        await saga.step('first', { irreversible: true, action: () => run(ctx, 'once', () => 1) });
        await saga.step('second', { irreversible: true, action: () => echo.call.say('hello') });
        await spans.in('own', () => run(ctx, 'then', () => 2));
      }),
    'restless',
  );
  await expectTrace(
    traceId,
    `
request
  Stage call.restless
    attempt Stage/restless [suspended]
      step first [suspended]
        run once
    attempt Stage/restless [suspended]
      step first
      step second [suspended]
        call Echo/say
          attempt Echo/say
    attempt Stage/restless [suspended]
      step second
      own [suspended]
        run then
    attempt Stage/restless
      own`,
  );
  expect(openSpansOf(traceId)).toEqual([]);
});

test('an attempt that fails is retried in the trace; what it has done is not done again', async (context) => {
  let attempts = 0;
  const traceId = await play(async (ctx, { sagas }) =>
    sagas.run(ctx, 'retried', async (saga) => {
      await saga.step('works', { irreversible: true, action: () => run(ctx, 'once', () => 1) });
      await saga.step('fails at first', {
        irreversible: true,
        action: () =>
          run(ctx, 'twice', () => {
            attempts += 1;
            if (attempts === 1) throw new Error('not now');
          }),
      });
    }),
  );
  expect(attempts).toBe(2);
  await expectTrace(
    traceId,
    `
request
  Stage call.play
    attempt Stage/play [retrying] !
      step works
        run once
      step fails at first [retrying]
        run twice !
    attempt Stage/play
      step fails at first
        run twice`,
    replaysAlways(context),
  );
});

test('a failure after a step, before anything else is in the journal, does not tell the step twice', async (context) => {
  let attempts = 0;
  const traceId = await play(async (ctx, { sagas, spans }) =>
    sagas.run(ctx, 'no more', async (saga) => {
      await saga.step('works', { irreversible: true, action: () => run(ctx, 'once', () => 1) });
      await spans.in('only code', async () => 1);
      attempts += 1;
      if (attempts < 3) throw new Error('not now');
    }),
  );
  await expectTrace(
    traceId,
    `
request
  Stage call.play
    attempt Stage/play [retrying] !
      step works
        run once
      only code
    attempt Stage/play [retrying] !
    attempt Stage/play`,
    replaysAlways(context),
  );
  expect(openSpansOf(traceId)).toEqual([]);
});

test('a call that goes out again after a failure has one span', async () => {
  let attempts = 0;
  const traceId = await play(async (_ctx, { echo }) => {
    echo.send.say('hello');
    attempts += 1;
    if (attempts === 1) throw new Error('not now');
  });
  await expectTrace(
    traceId,
    `
request
  Stage call.play
    attempt Stage/play [retrying] !
      send Echo/say
        attempt Echo/say
    attempt Stage/play`,
  );
});

test('a cancelled saga, its callee and its compensation are told as what they are', async () => {
  const { traceId, id } = await start(async (ctx, { sagas, echo }) =>
    sagas.run(ctx, 'cancelled', async (saga) => {
      await saga.step('done', {
        compensate: () => () => run(ctx, 'undo', () => 1),
        action: () => run(ctx, 'do', () => 1),
      });
      await saga.step('waits', { irreversible: true, action: () => echo.call.wait(undefined) });
    }),
  );
  await eventually(async () =>
    expect(await app.invocations('Echo')).toContainEqual(
      expect.objectContaining({ status: expect.stringMatching(/running|suspended/) }),
    ),
  );
  await app.cancel(id);
  await expectTrace(
    traceId,
    `
request
  Stage send.play
    attempt Stage/play [cancelled] !
      step done
        run do
      step waits !
        call Echo/wait
          attempt Echo/wait [cancelled] !
      compensation done
        run undo`,
    true,
  );
});

test('a killed attempt is cut', async (context) => {
  if (replaysAlways(context)) context.skip('A server that suspends at every wait has taken its leave before the kill.');
  let started = () => {};
  const running = new Promise<void>((resolve) => (started = resolve));
  const { traceId, id } = await start(async (ctx, { spans }) =>
    spans.in('never ends', () =>
      run(ctx, 'long', async ({ signal }) => {
        started();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }),
    ),
  );
  await running;
  await app.kill(id);
  await expectTrace(
    traceId,
    `
request
  Stage send.play
    attempt Stage/play [cut] !
      never ends [cut]
        run long`,
  );
});

describe('An invocation that was called without a trace', () => {
  test('has one trace for all its attempts', async () => {
    const scene = sceneNamed(async (ctx) => {
      await run(ctx, 'one', () => 1);
      return ctx.request().id;
    });
    const { ingressUrl } = await sharedServer();
    const response = await fetch(`${ingressUrl}/${app.namespace}.Stage/restless`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(scene),
    });
    const invocationId = (await response.json()) as string;
    await eventually(() => {
      const attempts = spansWith('restate.invocation.id', invocationId);
      expect(attempts.map(({ attributes }) => attributes['rea.outcome'])).toEqual(['suspended', 'completed']);
      expect(new Set(attempts.map((span) => span.spanContext().traceId)).size).toBe(1);
      expect(attempts.every((span) => span.parentSpanContext === undefined)).toBe(true);
    });
  });
});

test('a terminal error is the attempt’s, and of the ingress call', async () => {
  const traceId = await play(async () => {
    throw new TerminalError('no', { errorCode: 404 });
  });
  await expectTrace(
    traceId,
    `
request
  Stage call.play !
    attempt Stage/play [failed] !`,
  );
});
