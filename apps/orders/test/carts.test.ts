import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CartView } from '../src/carts/cart.schemas.js';
import type { OrderResponse } from '../src/orders/order.response.js';
import { TestShop } from './support/shop.js';

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.open();
});

afterAll(() => shop?.close());

function add(customer: string, sku: string, quantity: number, headers?: Record<string, string>) {
  return shop.request<CartView>('POST', `/carts/${customer}/items`, { sku, quantity }, headers);
}

test('a cart takes items, adds them up, and lets them go', async () => {
  expect((await shop.request<CartView>('GET', '/carts/bea')).body).toEqual({ customer: 'bea', lines: [], total: 0 });

  await add('bea', 'tea-assam-100', 2);
  await add('bea', 'towel-linen', 1);
  const { status, body } = await add('bea', 'tea-assam-100', 1);
  expect(status).toBe(201);
  expect(body).toMatchObject({
    lines: [
      { sku: 'tea-assam-100', quantity: 3, name: 'Assam tea, loose, 100 g', price: 890 },
      { sku: 'towel-linen', quantity: 1 },
    ],
    total: 3 * 890 + 1290,
  });

  await shop.request('DELETE', '/carts/bea/items/tea-assam-100');
  expect((await shop.request<CartView>('GET', '/carts/bea')).body.total).toBe(1290);
  expect((await shop.request('DELETE', '/carts/bea')).status).toBe(204);
  expect((await shop.request<CartView>('GET', '/carts/bea')).body.lines).toEqual([]);
});

test('an item that is sent twice with one Idempotency-Key is added once', async () => {
  const key = { 'idempotency-key': '"one-click"' };
  await add('cem', 'mat-seat', 1, key);
  expect((await add('cem', 'mat-seat', 1, key)).body.lines).toMatchObject([{ quantity: 1 }]);
});

test('checkout orders what is in the cart and empties it', async () => {
  await add('dan', 'lamp-head-350', 1);
  await add('dan', 'cord-para-15', 2);

  const { status, body } = await shop.request<OrderResponse>('POST', '/carts/dan/checkout', { card: 'tok_visa' });

  expect(status).toBe(201);
  expect(body).toMatchObject({ customer: 'dan', outcome: 'completed', total: 4490 + 2 * 890 });
  expect((await shop.request<CartView>('GET', '/carts/dan')).body.lines).toEqual([]);
  expect(await shop.payments(body.orderId)).toEqual(['authorised 62.70', 'captured 62.70']);
});

test('a checkout that is repeated with its Idempotency-Key answers about the same order', async () => {
  await add('eve', 'lamp-camp-led', 1);
  const checkout = () =>
    shop.request<OrderResponse>('POST', '/carts/eve/checkout', { card: 'tok_visa' }, { 'idempotency-key': 'buy' });

  const first = await checkout();
  await add('eve', 'mat-seat', 1);
  const second = await checkout();

  expect(first.body.outcome).toBe('completed');
  expect(second.body).toEqual(first.body);
  expect((await shop.request<CartView>('GET', '/carts/eve')).body.lines).toMatchObject([{ sku: 'mat-seat' }]);
  expect(await shop.stock('lamp-camp-led')).toMatchObject({ sold: 1 });
});

test('an empty cart cannot be checked out: 409', async () => {
  const answer = await shop.request('POST', '/carts/nobody/checkout', { card: 'tok_visa' });
  expect(answer).toMatchObject({ status: 409, body: { message: 'The cart of nobody is empty.' } });
});

test('what is not an item is refused with 400, a product that nobody sells with 404', async () => {
  const refused = await shop.request('POST', '/carts/fay/items', { sku: '', quantity: 1.5 });
  expect(refused).toMatchObject({ status: 400, body: { details: [{ path: 'sku' }, { path: 'quantity' }] } });
  expect(await add('fay', 'perpetuum-mobile', 1)).toMatchObject({ status: 404 });
  expect((await shop.request<CartView>('GET', '/carts/fay')).body.lines).toEqual([]);
});

test('a cart takes no more than 99 of a product: 409', async () => {
  await add('gil', 'jar-clip-500', 60);
  expect(await add('gil', 'jar-clip-500', 60)).toMatchObject({ status: 409 });
});

test('an Idempotency-Key that is too long is refused with 400', async () => {
  expect(await add('hal', 'mat-seat', 1, { 'idempotency-key': 'x'.repeat(300) })).toMatchObject({ status: 400 });
});
