import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Carrier, Delivery, Payments, Shipping } from './concurrency.js';

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Carrier, Delivery, Payments, Shipping] });
});
afterAll(() => app?.close());

const shipping = () => app.ingress.service(Shipping).call;
const once = { idempotencyKey: false } as const;

test('quotes are compared, and silent carriers named', async () => {
  expect(await shipping().quotes(2, once)).toEqual({ best: { carrier: 'slow', price: 8 }, silent: [1] });
  expect(await shipping().twoQuotes(2, once)).toBe(8);
  expect(await shipping().anyQuote(2, once)).toEqual({ carrier: 'slow', price: 8 });
  expect(await shipping().goodEnough(5, once)).toEqual({ carrier: 'slow', price: 4 });
  expect(await shipping().goodEnough(1, once)).toBeNull();
});

test('a booking pays and orders the pickup at the same time', async () => {
  expect(await shipping().book({ carrier: 'slow', price: 8 }, once)).toBe('receipt for 8, picked up: slow-1 for tea');
});

test('labels are printed through a window, manifests in batches', async () => {
  const parcels = Array.from({ length: 12 }, (_, index) => `parcel ${index}`);
  const labels = await shipping().labels(parcels, once);
  expect(labels.map((label) => label.replace(/.* for /, ''))).toEqual(parcels);
  expect(await shipping().manifest(Array.from({ length: 250 }, String), once)).toBe(250);
});

test.each([
  ['sign', 'Ada', 'delivered to Ada'],
  ['refuse', 'broken', 'refused: broken'],
] as const)('a delivery ends by what comes first: %s', async (signal, payload, result) => {
  const delivery = app.ingress.workflow(Delivery).of(`d-${signal}`);
  await delivery.submit(60_000);
  await delivery.signal[signal](payload);
  expect(await delivery.attach()).toBe(result);
});

test('a delivery that nobody takes returns', async () => {
  const delivery = app.ingress.workflow(Delivery).of('d-nobody');
  await delivery.submit(20);
  expect(await delivery.attach()).toBe('returned');
});
