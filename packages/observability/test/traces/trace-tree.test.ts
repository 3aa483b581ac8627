import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectTree } from '../support/expect-tree.js';
import { inRequest, recordSpans, spansOf } from '../support/recorded-spans.js';
import { type Order, Orders, Payments, ROLLED_BACK, Stock } from '../support/shop.js';

recordSpans();

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
    providers: [Orders, Payments, Stock],
  });
});
afterAll(() => app?.close());

function place(order: Order) {
  return inRequest('POST /orders', () =>
    app.ingress
      .service(Orders)
      .call.place(order, { idempotencyKey: `${app.namespace}-${order.sku}` })
      .catch((error: Error) => error.message),
  );
}

test('one trace from the HTTP request through every hop', async () => {
  const { traceId, answer } = await place({ sku: 'tea', amount: 5 });
  expect(answer).toBe('paid 5, packed');
  await expectTree(
    () => spansOf(traceId),
    app.namespace,
    `
POST /orders
  Orders call.place
    attempt Orders/place
      run note
      step reserve
        call Stock/reserve
          attempt Stock/reserve
            run check
      step pay
        call Payments/charge
          attempt Payments/charge
            run charge card
      send Payments/receipt
        attempt Payments/receipt
          run print
      pack
        run box`,
    true,
  );
});

test('a rollback is in the trace of what it undoes', async () => {
  const { traceId, answer } = await place({ sku: 'car', amount: 500 });
  expect(answer).toContain('declined');
  await expectTree(() => spansOf(traceId), app.namespace, ROLLED_BACK, true);
});
