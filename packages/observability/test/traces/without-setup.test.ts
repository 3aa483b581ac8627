import { Logger } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp } from '@rea/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { Echo, sceneNamed, Stage } from '../support/scenes.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What the log says of it when handlers are called in an application that is traced. */
async function warnings(): Promise<string[]> {
  const warn = vi.spyOn(Logger.prototype, 'warn');
  await using app = await createTestApp({
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
    providers: [Stage, Echo],
  });
  const scene = sceneNamed(async (ctx, { sagas, spans, echo }) =>
    sagas.run(ctx, 'traced', (saga) =>
      saga.step('asks', { irreversible: true, action: () => spans.in('asking', () => echo.call.say('a')) }),
    ),
  );
  for (let time = 1; time <= 2; time += 1) {
    expect(await app.ingress.service(Stage).call.play(scene, { idempotencyKey: false })).toEqual('a');
  }
  return warn.mock.calls.map(([message]) => String(message)).filter((message) => message.includes('REA9011'));
}

test('without OpenTelemetry handlers answer, and the log says once what is missing', async () => {
  expect(await warnings()).toEqual([expect.stringContaining('node --import ./tracing.js')]);
});

test('whoever has disabled OpenTelemetry is not told', async () => {
  vi.stubEnv('OTEL_SDK_DISABLED', 'true');
  expect(await warnings()).toEqual([]);
});

test('with a provider but no context manager, too, handlers answer', async () => {
  trace.setGlobalTracerProvider(new TracerProvider());
  expect(await warnings()).toHaveLength(1);
});
