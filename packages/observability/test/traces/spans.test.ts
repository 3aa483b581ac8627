import { trace } from '@opentelemetry/api';
import { run } from '@rea/core';
import { ObservabilityModule, Spans } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectTree } from '../support/expect-tree.js';
import { inRequest, openSpansOf, recordSpans, spansNamed, spansOf, treeOf } from '../support/recorded-spans.js';
import { Echo, type Scene, sceneNamed, Stage } from '../support/scenes.js';

recordSpans();

const parts = { providers: [Stage, Echo] };
let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    ...parts,
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
  });
});
afterAll(() => app?.close());

function play(scene: Scene) {
  const request = () => app.ingress.service(Stage).call.play(sceneNamed(scene), { idempotencyKey: false });
  return inRequest('request', request);
}

function expectTrace(traceId: string, tree: string): Promise<void> {
  return expectTree(() => spansOf(traceId), app.namespace, tree, true);
}

test('a span of one’s own holds what is done in it, also in a run, and gives the result', async () => {
  const { traceId, answer } = await play((ctx, { spans, echo }) =>
    spans.in('outer', async () => {
      const one = await spans.in('inner', () => echo.call.say('one'));
      const two = await run(ctx, 'effect', () => spans.in('in the run', async () => 'two'));
      return [one, two];
    }),
  );
  expect(answer).toEqual(['one', 'two']);
  await expectTrace(
    traceId,
    `
request
  Stage call.play
    attempt Stage/play
      outer
        inner
          call Echo/say
            attempt Echo/say
        run effect
          in the run`,
  );
});

test('branches that go on at once each have their own', async () => {
  const { traceId } = await play(async (ctx, { sagas }) =>
    sagas.run(ctx, 'parallel', (saga) =>
      saga.parallel({
        left: { irreversible: true, action: () => run(ctx, 'work', () => 1) },
        right: { irreversible: true, action: () => run(ctx, 'work', () => 2) },
      }),
    ),
  );
  await expectTrace(
    traceId,
    `
request
  Stage call.play
    attempt Stage/play
      step left
        run work
      step right
        run work`,
  );
});

test('one that fails has failed, and the error goes on', async () => {
  const { traceId, answer } = await play((_ctx, { spans }) =>
    spans
      .in('fails', async () => {
        throw new RangeError('too much');
      })
      .catch((error: Error) => error.name),
  );
  expect(answer).toBe('RangeError');
  await expectTrace(
    traceId,
    `
request
  Stage call.play
    attempt Stage/play
      fails !`,
  );
});

test('what describes it is on the part of each attempt; an event is told once, as a replay repeats it', async () => {
  const traceIds = new Set<string>();
  const scene = sceneNamed((ctx, { spans, echo }) =>
    spans.in('own', async () => {
      const span = trace.getActiveSpan()!;
      traceIds.add(span.spanContext().traceId);
      span.setAttribute('order', 'o1').addEvent('begun').updateName('renamed');
      span.setAttributes({ lines: 2 }).addLink({ context: span.spanContext() });
      await run(ctx, 'before', () => 1);
      await echo.call.say('hello');
      await run(ctx, 'after', () => 2);
      span.addEvent('done');
    }),
  );
  const { traceId } = await inRequest('request', () =>
    app.ingress.service(Stage).call.restless(scene, { idempotencyKey: false }),
  );
  expect([...traceIds]).toEqual([traceId]);
  const named = spansNamed('renamed', traceId);
  expect(named.length).toBeGreaterThan(1);
  for (const { attributes, links } of named) {
    expect(attributes).toMatchObject({ order: 'o1', lines: 2 });
    expect(links).toHaveLength(1);
  }
  expect(named.flatMap(({ events }) => events.map(({ name }) => name))).toEqual(['begun', 'done']);
  expect(openSpansOf(traceId)).toEqual([]);
});

test('outside handlers it is an ordinary span', async () => {
  const spans = app.get<Spans>(Spans);
  const { traceId, answer } = await inRequest('request', () => spans.in('in a controller', async () => 1));
  expect(answer).toBe(1);
  await expectTrace(traceId, `\nrequest\n  in a controller`);
});

test('with traces off the function is called, and that is all', async () => {
  await using off = await createTestApp({ ...parts, imports: [SagaModule.forRoot(), ObservabilityModule.forRoot()] });
  const scene = sceneNamed((ctx, { spans }) => spans.in('nothing', () => run(ctx, 'effect', () => 'done')));
  const { traceId, answer } = await inRequest('request', () =>
    off.ingress.service(Stage).call.play(scene, { idempotencyKey: false }),
  );
  expect(answer).toBe('done');
  expect(treeOf(spansOf(traceId), off.namespace)).toBe('request');
});
