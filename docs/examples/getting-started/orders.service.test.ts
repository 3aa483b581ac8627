// #region test
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Orders } from './orders.service.js';
import { Mailer, Payments } from './partners.js';

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Orders, Payments, Mailer] });
});
afterAll(() => app.close());

test('the same order twice is charged once', async () => {
  const { call } = app.ingress.service(Orders);
  const receipt = await call.place({ item: 'tea', amount: 12 }, { idempotencyKey: 'order-1' });
  expect(await call.place({ item: 'tea', amount: 12 }, { idempotencyKey: 'order-1' })).toBe(receipt);
});
// #endregion test
