import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, test } from 'vitest';
import { expectTree } from '../support/expect-tree.js';
import { inRequest, recordSpans, spansOf } from '../support/recorded-spans.js';
import { Echo, sceneNamed, Stage } from '../support/scenes.js';
import { SpanCollector } from '../support/span-collector.js';

recordSpans();

const collector = new SpanCollector();
let server: RestateServer;
let app: ReaTestApp;
beforeAll(async () => {
  server = await RestateServer.start({
    env: { RESTATE_TRACING_ENDPOINT: await collector.listen(), OTEL_BSP_SCHEDULE_DELAY: '20' },
  });
  app = await createTestApp({
    server,
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
    providers: [Stage, Echo],
  });
});
afterAll(async () => {
  await app?.close();
  await server?.stop();
  collector.close();
});

test('where the server exports spans, too, attempts are below them, in the same trace', async () => {
  const { traceId } = await inRequest('request', () =>
    app.ingress.service(Stage).call.play(
      sceneNamed(async (_ctx, { echo }) => echo.call.say('hello')),
      { idempotencyKey: false },
    ),
  );
  const all = () => {
    const ofServer = collector.spans.filter((span) => span.traceId === traceId);
    // How the server tells of a start and an end is its own business; they are instants beside the attempt.
    const wanted = [...spansOf(traceId), ...ofServer.filter(({ name }) => !name.startsWith('invocation-end '))];
    // Two clocks: siblings are in the order of their names here.
    return wanted.sort((one, other) => (one.name < other.name ? -1 : 1)).map((span) => ({ ...span, startedAt: 0 }));
  };
  await expectTree(
    all,
    app.namespace,
    `
request
  Stage call.play
    ingress Stage/play
      invocation-start Stage/play
        invocation-attempt Stage/play
          attempt Stage/play
            call Echo/say
          invocation-start Echo/say
            invocation-attempt Echo/say
              attempt Echo/say`,
  );
});
