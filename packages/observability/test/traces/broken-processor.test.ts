import { Logger } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ReaEvents, run } from '@rea/core';
import { ObservabilityModule } from '@rea/observability';
import { ReaContextManager, ReaIdGenerator } from '@rea/observability/tracing';
import { SagaModule } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Echo, type Scene, sceneNamed, Stage } from '../support/scenes.js';

let throwsAt: 'start' | 'end' = 'end';

function fail(at: 'start' | 'end'): void {
  if (at === throwsAt) throw new Error(`the processor is broken at the ${at}`);
}

const broken: SpanProcessor = {
  onStart: () => fail('start'),
  onEnd: () => fail('end'),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
context.setGlobalContextManager(new ReaContextManager().enable());
trace.setGlobalTracerProvider(new TracerProvider({ idGenerator: new ReaIdGenerator(), spanProcessors: [broken] }));

let app: ReaTestApp;
const outcomes: string[] = [];
const told: string[] = [];
beforeAll(async () => {
  app = await createTestApp({
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
    providers: [Stage, Echo],
  });
  app.get(ReaEvents).on('run-ended', ({ outcome }) => outcomes.push(outcome));
});
afterAll(() => app?.close());
beforeEach(() => {
  outcomes.length = 0;
  vi.spyOn(Logger.prototype, 'error').mockImplementation((message) => told.push(String(message)));
});

function play(scene: Scene): Promise<unknown> {
  return app.ingress.service(Stage).call.play(sceneNamed(scene), { idempotencyKey: false });
}

test.each(['end', 'start'] as const)('a span processor that throws at the %s of spans hurts no handler', async (at) => {
  throwsAt = at;
  let effects = 0;
  const answer = await play((ctx, { sagas, spans, echo }) =>
    sagas.run(ctx, 'order', async (saga) => {
      await saga.step('pay', {
        compensate: () => () => run(ctx, 'refund', () => (effects -= 1)),
        action: () => run(ctx, 'pay', () => (effects += 1)),
      });
      return spans.in('pack', () => echo.call.say('packed'));
    }),
  );
  expect(answer).toBe('packed');
  expect(effects).toBe(1);
  expect(outcomes).toEqual(['done']);
});

test('what a handler throws is what its caller gets, all the same', async () => {
  throwsAt = 'end';
  const failing = play(async () => {
    throw new TerminalError('no tea', { errorCode: 404 });
  });
  await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('no tea') as unknown, status: 404 });
});

test('it is told once', () => {
  expect(told.filter((message) => message.includes('REA9012'))).toHaveLength(1);
});
