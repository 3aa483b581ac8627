import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { expectTree } from '../support/expect-tree.js';
import { inRequest, recordSpans, spansOf, spansWith } from '../support/recorded-spans.js';
import { Orders, Payments, Stock } from '../support/shop.js';
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
    providers: [Orders, Payments, Stock],
  });
});
afterAll(async () => {
  await app?.close();
  await server?.stop();
  collector.close();
});

test('where the server exports spans, too, attempts are below them, in the same trace', async () => {
  const { traceId, answer } = await inRequest('POST /orders', () =>
    app.ingress
      .service(Orders)
      .call.place({ sku: 'car', amount: 500 }, { idempotencyKey: false })
      .catch((error: Error) => error.message),
  );
  expect(answer).toContain('declined');
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
POST /orders
  Orders call.place !
    ingress Orders/place
      invocation-start Orders/place
        invocation-attempt Orders/place
          attempt Orders/place [failed] !
            compensation release-stock
              send Stock/release
                attempt Stock/release
                  run put back
            run note
            step pay !
              call Payments/charge
            step reserve
              call Stock/reserve
          invocation-start Payments/charge
            invocation-attempt Payments/charge
              attempt Payments/charge [failed] !
          invocation-start Stock/{key}/reserve
            invocation-attempt Stock/{key}/reserve
              attempt Stock/reserve
                run check`,
    true,
  );
  // For a message, which a compensation's call is, the server begins a trace of its own.
  const [released] = spansWith('restate.invocation.target', `${app.namespace}.Stock/car/release`);
  await eventually(() => {
    const ofServer = collector.spans.filter(({ name }) => /^invocation-attempt .*\/release$/.test(name));
    expect(ofServer.map(({ spanId }) => spanId)).toContain(released!.links[0]?.context.spanId);
  });
});
