// #region testing
import { createTestApp, fakeContext, type ReaTestApp, runInContext } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cart } from './cart.object.js';

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Cart] }); // a real Restate server, shared by the run
});
afterAll(() => app.close());

test('a line is kept', async () => {
  const cart = app.ingress.object(Cart).of('ada');
  await cart.call.add({ sku: 'tea', quantity: 2 }, { idempotencyKey: 'first' });
  await cart.call.add({ sku: 'tea', quantity: 2 }, { idempotencyKey: 'first' }); // the same request again
  expect(await cart.call.view()).toEqual([{ sku: 'tea', quantity: 2 }]);
});

test('a handler is a method, and a unit test may call it', async () => {
  const ctx = fakeContext();
  expect(await runInContext(ctx, () => new Cart().add(ctx, { sku: 'tea', quantity: 1 }))).toBe(1);
});
// #endregion testing
