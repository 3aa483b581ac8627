import { Logger } from '@nestjs/common';
import { RandomIdGenerator } from '@opentelemetry/sdk-trace';
import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp } from '@rea/testing';
import { expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { inRequest, recordSpans, spansOf } from '../support/recorded-spans.js';
import { Echo, sceneNamed, Stage } from '../support/scenes.js';

recordSpans(new RandomIdGenerator());

test('without the ReaIdGenerator there is still one trace, and the log says once what is missing', async () => {
  const warn = vi.spyOn(Logger.prototype, 'warn');
  await using app = await createTestApp({
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
    providers: [Stage, Echo],
  });
  const scene = sceneNamed(async (_ctx, { echo }) => [await echo.call.say('a'), await echo.call.say('b')]);
  const { traceId } = await inRequest('request', () =>
    app.ingress.service(Stage).call.play(scene, { idempotencyKey: false }),
  );
  const name = `attempt ${app.namespace}.Echo/say`;
  await eventually(() =>
    expect(spansOf(traceId).filter((span) => span.name === name).length).toBeGreaterThanOrEqual(2),
  );
  const said = warn.mock.calls.map(([message]) => String(message)).filter((message) => message.includes('REA9010'));
  expect(said).toHaveLength(1);
});
