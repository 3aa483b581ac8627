import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk, Outside } from './side-effects.js';

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Desk, Outside] });
});
afterAll(() => app?.close());

const desk = () => app.ingress.service(Desk).call;

test('a charge that hangs is aborted and tried again with the same key', async () => {
  const outside = app.get(Outside);
  outside.hanging = 1;
  const receipt = await desk().charge(20, { idempotencyKey: 'order-1' });
  expect(receipt).toMatch(/^receipt-20 of \d{4}$/);
  expect(await desk().charge(20, { idempotencyKey: 'order-1' })).toBe(receipt);
  expect([...outside.charges.values()]).toEqual([20]);
  expect([...outside.charges.keys()]).toEqual([expect.stringMatching(/^inv_\w+\/charge\/1$/)]);
});

test('quotes are asked for at once, and come back in order', async () => {
  expect(await desk().quotes(['post', '7', 'drone'], { idempotencyKey: 'quotes' })).toEqual([
    ['post', 4],
    ['7', 1],
    ['drone', 5],
  ]);
  expect(app.get(Outside).quotes.toSorted()).toEqual(['7', 'drone', 'post']);
});

test('a label has an id, a carrier and a day', async () => {
  expect(await desk().label(['post', 'drone'], { idempotencyKey: 'label' })).toEqual({
    parcel: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4/),
    carrier: expect.stringMatching(/^(post|drone)$/),
    on: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
  });
});
