import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderResponse } from '../src/orders/order.response.js';
import { DEVELOPMENT_KEYS } from '../src/access/development-keys.js';
import { TestShop } from './support/shop.js';

const SECRET: string = DEVELOPMENT_KEYS.PAYMENT_WEBHOOK_SECRETS;
const line = { sku: 'mug-enamel-blue', quantity: 1 };

let shop: TestShop;
let count = 0;

beforeAll(async () => {
  shop = await TestShop.open();
});

afterAll(() => shop?.close());

/** An order whose bank asks the customer. */
async function confirming(more: object = {}): Promise<string> {
  const { status, body } = await shop.order({ card: 'tok_confirm', lines: [line], ...more });
  expect([status, body.status]).toEqual([202, 'confirming']);
  return body.orderId;
}

function confirm(orderId: string, accepted: boolean) {
  return shop.request('POST', `/payments/${orderId}/confirm`, { accepted });
}

async function closed(orderId: string): Promise<OrderResponse> {
  const ask = async () => (await shop.request<OrderResponse>('GET', `/orders/${orderId}`)).body;
  await expect.poll(async () => (await ask()).status, { timeout: 20_000 }).toBe('closed');
  return ask();
}

/** A delivery as the provider sends it. */
function deliver(event: object, { secret = SECRET, id = `evt_test_${(count += 1)}`, age = 0 } = {}) {
  const time = String(Math.floor(Date.now() / 1_000) - age);
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key)
    .update(`${id}.${time}.${JSON.stringify(event)}`)
    .digest('base64');
  return shop.request('POST', '/webhooks/payments', event, {
    authorization: '',
    'webhook-id': id,
    'webhook-timestamp': time,
    'webhook-signature': `v1,${signature}`,
  });
}

describe('an order whose bank asks the customer', () => {
  test('goes on when the webhook says yes', async () => {
    const orderId = await confirming();
    expect(await confirm(orderId, true)).toMatchObject({ status: 200, body: { type: 'payment.authorised', orderId } });
    expect(await closed(orderId)).toMatchObject({ outcome: 'completed' });
    expect(await shop.payments(orderId)).toEqual(['pending 12.90', 'authorised 12.90', 'captured 12.90']);
  });

  test('is declined when the webhook says no, and gives the stock back', async () => {
    const before = await shop.stock(line.sku);
    const orderId = await confirming();
    await confirm(orderId, false);
    expect(await closed(orderId)).toMatchObject({
      outcome: 'payment-declined',
      reason: 'The payment was declined: the customer did not confirm it',
    });
    expect(await shop.payments(orderId)).toEqual(['pending 12.90', 'declined 12.90']);
    expect(await shop.stock(line.sku)).toEqual(before);
  });

  test('is declined when nobody answers in time, and the answer that comes later is refused', async () => {
    const orderId = await confirming({ confirmSeconds: 0.5 });
    expect(await closed(orderId)).toMatchObject({ outcome: 'payment-declined' });
    expect(await shop.payments(orderId)).toEqual(['pending 12.90', 'expired 12.90']);
    expect((await confirm(orderId, true)).status).toBe(409);
  });

  test('can be cancelled meanwhile', async () => {
    const orderId = await confirming();
    const cancelled = await shop.request<OrderResponse>('POST', `/orders/${orderId}/cancel`);
    expect(cancelled.body).toMatchObject({ outcome: 'cancelled' });
    expect(await shop.payments(orderId)).toEqual(['pending 12.90', 'expired 12.90']);
  });

  test('is followed by a repeated request', async () => {
    const orderId = await confirming({ orderId: 'asked-again' });
    await confirm(orderId, true);
    await closed(orderId);
    const again = await shop.order({ card: 'tok_confirm', lines: [line], orderId });
    expect(again).toMatchObject({ status: 201, body: { outcome: 'completed' } });
  });
});

describe('the payment webhook', () => {
  test('takes only what the provider has signed, lately', async () => {
    const orderId = await confirming();
    const event = { type: 'payment.authorised', orderId };
    expect((await shop.request('POST', '/webhooks/payments', event)).status).toBe(401);
    expect((await deliver(event, { secret: `whsec_${'A'.repeat(32)}` })).status).toBe(401);
    expect((await deliver(event, { age: 3_600 })).status).toBe(401);
    expect((await shop.request<OrderResponse>('GET', `/orders/${orderId}`)).body.status).toBe('confirming');
    expect((await deliver(event)).status).toBe(200);
    // The stand-in's own books know nothing of a delivery that it has not sent: the capture finds nothing that is held.
    await closed(orderId);
  });

  test('handles a delivery once, and of two answers the first counts', async () => {
    const orderId = await confirming();
    const event = { type: 'payment.declined', orderId, reason: 'no funds' };
    expect(await deliver(event, { id: 'evt_twice' })).toMatchObject({ status: 200 });
    expect(await deliver(event, { id: 'evt_twice' })).toMatchObject({ status: 200, body: { repeated: true } });
    expect(await deliver({ type: 'payment.authorised', orderId })).toMatchObject({ status: 200 });
    expect(await closed(orderId)).toMatchObject({
      outcome: 'payment-declined',
      reason: 'The payment was declined: no funds',
    });
  });

  test('refuses what is no event with 400, and an order that nobody placed with 404', async () => {
    expect(await deliver({ type: 'payment.lost', orderId: 'x' })).toMatchObject({ status: 400 });
    expect(await deliver({ type: 'payment.declined', orderId: 'x' })).toMatchObject({
      status: 400,
      body: { details: [{ path: 'reason' }] },
    });
    expect(await deliver({ type: 'payment.authorised', orderId: 'nobody-ordered-this' })).toMatchObject({
      status: 404,
    });
  });
});
