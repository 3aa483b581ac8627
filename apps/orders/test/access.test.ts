import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seen } from '../../../test/support/seen.js';
import type { OrderResponse } from '../src/orders/order.response.js';
import { ADA, BOB, TestShop } from './support/shop.js';

const line = { sku: 'mug-enamel-white', quantity: 1 };

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.open();
});

afterAll(() => shop?.close());

/** Everything that needs a key. */
const GUARDED = [
  ['POST', '/orders'],
  ['GET', '/orders'],
  ['GET', '/orders/x'],
  ['POST', '/orders/x/cancel'],
  ['GET', '/carts/ada'],
  ['POST', '/carts/ada/items'],
  ['DELETE', '/carts/ada'],
  ['POST', '/carts/ada/checkout'],
  ['GET', '/payments/summary'],
  ['GET', '/payments/x'],
  ['POST', '/payments/x/confirm'],
  ['GET', '/operators/dead-letters'],
  ['POST', '/operators/dead-letters/x/redrive'],
  ['GET', '/operators/sagas/killed'],
] as const;

const OPERATORS_ONLY = GUARDED.filter(([, path]) => /^\/(payments|operators)/.test(path) || path === '/orders').filter(
  ([method, path]) => !(method === 'POST' && path === '/orders'),
);

test.for(GUARDED)('without a key, %s %s is 401', async ([method, path]) => {
  for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic ada-development-key', 'ada-development-key']) {
    const { status, headers } = await shop.request(method, path, undefined, { authorization });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  }
});

test.for(OPERATORS_ONLY)('with a customer’s key, %s %s is 403', async ([method, path]) => {
  expect((await shop.request(method, path, undefined, ADA)).status).toBe(403);
});

test('the catalogue is for everybody', async () => {
  expect((await shop.request('GET', '/catalog', undefined, { authorization: '' })).status).toBe(200);
});

describe('a customer', () => {
  test('orders, sees and cancels for themselves, and nobody else does', async () => {
    const { status, body } = await shop.order({ customer: 'ada', lines: [line], packSeconds: 3_600 }, ADA);
    expect([status, body.status]).toEqual([202, 'packing']);
    const [order, cancel] = [`/orders/${body.orderId}`, `/orders/${body.orderId}/cancel`];
    expect((await shop.request('GET', order, undefined, ADA)).status).toBe(200);
    // As if it did not exist: an id tells nothing.
    expect((await shop.request('GET', order, undefined, BOB)).status).toBe(404);
    expect((await shop.request('POST', cancel, undefined, BOB)).status).toBe(404);
    expect((await shop.request<OrderResponse>('POST', cancel, undefined, ADA)).body.outcome).toBe('cancelled');
  });

  test('cannot order for another, nor see or fill their cart', async () => {
    expect((await shop.order({ customer: 'ada', lines: [line] }, BOB)).status).toBe(403);
    expect((await shop.request('GET', '/carts/ada', undefined, BOB)).status).toBe(403);
    expect((await shop.request('POST', '/carts/ada/items', line, BOB)).status).toBe(403);
    expect((await shop.request('GET', '/carts/bob', undefined, BOB)).status).toBe(200);
  });

  test('who picks the order id of another is told that it is taken, and nothing of the order', async () => {
    await shop.order({ orderId: 'adas-own', customer: 'ada', lines: [line] }, ADA);
    const answer = await shop.order({ orderId: 'adas-own', customer: 'bob', lines: [line] }, BOB);
    expect(answer).toMatchObject({ status: 409, body: { message: 'The order id adas-own is taken.' } });
    expect(JSON.stringify(answer.body)).not.toContain('ada"');
  });
});

test('no API key is in the journal', async () => {
  await shop.order({ customer: 'ada', lines: [line] }, ADA);
  // Not a join: for one, the server takes the journals of all other tests into its memory.
  const ids = (await shop.app.invocations()).map(({ id }) => `'${id}'`).join();
  const rows = await shop.app.query<{ raw: string }>(`select raw from sys_journal where id in (${ids})`);
  expect(rows.length).toBeGreaterThan(10);
  const text = rows.map(({ raw }) => Buffer.from(raw, 'hex').toString('latin1')).join('\n');
  seen(
    `the order app's journal by SQL: ${rows.length} entries, ${text.split('development-key').length - 1} API keys in them`,
  );
  expect(text).toContain('tok_visa');
  expect(text).not.toContain('development-key');
});
