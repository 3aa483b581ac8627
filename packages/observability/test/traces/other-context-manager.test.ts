import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp } from '@rea/testing';
import { test } from 'vitest';
import { expectTree } from '../support/expect-tree.js';
import { inRequest, recordSpans, spansOf } from '../support/recorded-spans.js';
import { Orders, Payments, ROLLED_BACK, Stock } from '../support/shop.js';

recordSpans(undefined, new AsyncLocalStorageContextManager());

test("with OpenTelemetry's own context manager the trace is the same", async () => {
  await using app = await createTestApp({
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
    providers: [Orders, Payments, Stock],
  });
  const { traceId } = await inRequest('POST /orders', () =>
    app.ingress
      .service(Orders)
      .call.place({ sku: 'car', amount: 500 }, { idempotencyKey: false })
      .catch((error: Error) => error.message),
  );
  await expectTree(() => spansOf(traceId), app.namespace, ROLLED_BACK, true);
});
