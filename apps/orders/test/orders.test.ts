import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderResponse } from '../src/orders/order.response.js';
import { Order } from '../src/orders/order.workflow.js';
import type { OrderList } from '../src/orders/order-index.schemas.js';
import { Stock } from '../src/stock/stock.object.js';
import { TestShop } from './support/shop.js';

/** Long enough that no test sees its end. */
const LONG = 3_600;

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.open();
});

afterAll(() => shop?.close());

describe('placing an order', () => {
  test('reserves, takes the money, ships by the cheapest carrier, and hands the pieces over', async () => {
    const lines = [
      { sku: 'mug-enamel-white', quantity: 3 },
      { sku: 'firesteel', quantity: 1 },
    ];

    const { status, headers, body } = await shop.order({ lines });

    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/orders/${body.orderId}`);
    expect(body).toMatchObject({
      customer: 'ada',
      status: 'closed',
      outcome: 'completed',
      total: 3 * 1290 + 1590,
      lines: [
        { sku: 'mug-enamel-white', quantity: 3, price: 1290 },
        { sku: 'firesteel', quantity: 1, price: 1590 },
      ],
      shipment: { carrier: 'Pedal', price: 410, days: 1 },
    });
    expect(body.shipment?.trackingCode).toMatch(/^[0-9A-F]{12}$/);
    expect(await shop.payments(body.orderId)).toEqual(['authorised 54.60', 'captured 54.60']);
    expect(await shop.stock('mug-enamel-white')).toMatchObject({ onHand: 237, reserved: 0, available: 237, sold: 3 });
    expect(await shop.stock('firesteel')).toMatchObject({ onHand: 124, reserved: 0, sold: 1 });
  });

  test('takes heavy parcels to the carrier that takes them', async () => {
    const { body } = await shop.order({ lines: [{ sku: 'pot-dutch-oven-45', quantity: 6 }] });
    expect(body.shipment).toMatchObject({ carrier: 'Swift Parcel' });
  });

  test('counts once when the client repeats it with its Idempotency-Key', async () => {
    const order = { lines: [{ sku: 'tarp-3x3', quantity: 1 }] };
    const key = { 'idempotency-key': 'a-click' };

    const answers = await Promise.all([shop.order(order, key), shop.order(order, key), shop.order(order, key)]);

    const [orderId, ...others] = new Set(answers.map(({ body }) => body.orderId));
    expect(others).toEqual([]);
    expect(await shop.payments(orderId!)).toEqual(['authorised 89.90', 'captured 89.90']);
    expect(await shop.stock('tarp-3x3')).toMatchObject({ sold: 1 });
  });

  test('counts once when the client picks the order id and repeats it', async () => {
    const order = { orderId: 'my-own-id', lines: [{ sku: 'hammock-double', quantity: 1 }] };

    const [first, second] = [await shop.order(order), await shop.order(order)];

    expect(first.body).toMatchObject({ orderId: 'my-own-id', outcome: 'completed' });
    expect(second.body).toEqual(first.body);
    expect(await shop.stock('hammock-double')).toMatchObject({ sold: 1 });
  });
});

describe('an order that cannot go on', () => {
  test('is out of stock when one line is, and gives the other lines back', async () => {
    const lines = [
      { sku: 'knife-chef-20', quantity: 2 },
      { sku: 'axe-hand', quantity: 1 },
    ];

    const { status, body } = await shop.order({ lines });

    expect(status).toBe(201);
    expect(body).toMatchObject({ outcome: 'out-of-stock', reason: '1 of axe-hand were ordered, 0 can be had' });
    expect(await shop.stock('knife-chef-20')).toMatchObject({ onHand: 48, reserved: 0, available: 48, sold: 0 });
    expect(await shop.payments(body.orderId)).toEqual([]);
  });

  test('sells the last pieces once, to as many as there are', async () => {
    const line = { sku: 'mug-anniversary', quantity: 1 };

    const answers = await Promise.all(
      Array.from({ length: 9 }, (_, index) => shop.order({ customer: `c${index}`, lines: [line] })),
    );

    const outcomes = Map.groupBy(answers, ({ body }) => body.outcome);
    expect(outcomes.get('completed')).toHaveLength(5);
    expect(outcomes.get('out-of-stock')).toHaveLength(4);
    expect(await shop.stock('mug-anniversary')).toMatchObject({ onHand: 0, reserved: 0, sold: 5 });
  });

  test('is declined with the card, and gives the stock back', async () => {
    const { body } = await shop.order({ card: 'tok_declined', lines: [{ sku: 'pen-brass', quantity: 4 }] });

    expect(body).toMatchObject({
      outcome: 'payment-declined',
      reason: 'The payment was declined: the card was refused by its bank',
    });
    expect(await shop.payments(body.orderId)).toEqual(['declined 131.60']);
    expect(await shop.stock('pen-brass')).toMatchObject({ available: 83, reserved: 0, sold: 0 });
  });

  test('is declined when it is more than the card is good for', async () => {
    const { body } = await shop.order({ lines: [{ sku: 'blanket-wool', quantity: 43 }] });
    expect(body).toMatchObject({ outcome: 'payment-declined', reason: expect.stringContaining('limit of the card') });
  });

  test('is undeliverable where no carrier goes, and gives money and stock back', async () => {
    const { body } = await shop.order({ country: 'AQ', lines: [{ sku: 'compass-plate', quantity: 1 }] });

    expect(body).toMatchObject({ outcome: 'undeliverable', reason: 'No carrier takes 55 g to AQ' });
    expect(await shop.payments(body.orderId)).toEqual(['authorised 29.90', 'captured 29.90', 'refunded 29.90']);
    expect(await shop.stock('compass-plate')).toMatchObject({ available: 82, reserved: 0, sold: 0 });
  });
});

describe('an order that is being packed', () => {
  test('sleeps, and is answered with 202 and where to find it', async () => {
    const { status, headers, body } = await shop.order({
      packSeconds: LONG,
      lines: [{ sku: 'lamp-storm', quantity: 2 }],
    });

    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/orders/${body.orderId}`);
    expect(body).toMatchObject({
      status: 'packing',
      links: { self: `/orders/${body.orderId}`, cancel: `/orders/${body.orderId}/cancel` },
    });
    expect(body).not.toHaveProperty('outcome');
    expect(await shop.payments(body.orderId)).toEqual(['authorised 69.80']);
    expect(await shop.stock('lamp-storm')).toMatchObject({ onHand: 52, reserved: 2, available: 50 });
  });

  test('tells how it stands when it is asked', async () => {
    const { body } = await shop.order({ packSeconds: LONG, lines: [{ sku: 'mat-seat', quantity: 1 }] });

    const found = await shop.request<OrderResponse>('GET', `/orders/${body.orderId}`);
    const asked = await shop.app.ingress.workflow(Order).of(body.orderId).query.status();

    expect(found).toMatchObject({ status: 200, body: { status: 'packing', total: 990 } });
    expect(asked).toMatchObject({ status: 'packing', packedAt: found.body.packedAt });
  });

  test('can be cancelled: stock and money are let go', async () => {
    const { body } = await shop.order({ packSeconds: LONG, lines: [{ sku: 'apron-canvas', quantity: 3 }] });

    const cancelled = await shop.request<OrderResponse>('POST', `/orders/${body.orderId}/cancel`, {
      reason: 'Too expensive after all',
    });

    expect(cancelled).toMatchObject({
      status: 200,
      body: { status: 'closed', outcome: 'cancelled', reason: 'Too expensive after all' },
    });
    expect(cancelled.body.links).not.toHaveProperty('cancel');
    expect(await shop.payments(body.orderId)).toEqual(['authorised 104.70', 'voided 104.70']);
    expect(await shop.stock('apron-canvas')).toMatchObject({ onHand: 74, reserved: 0, sold: 0 });
  });

  test('is cancelled once when two people do it', async () => {
    const { body } = await shop.order({ packSeconds: LONG, lines: [{ sku: 'bag-dry-10', quantity: 1 }] });
    const cancel = () => shop.request<OrderResponse>('POST', `/orders/${body.orderId}/cancel`);

    const answers = await Promise.all([cancel(), cancel()]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await shop.payments(body.orderId)).toEqual(['authorised 16.90', 'voided 16.90']);
  });

  test('is stopped by an operator who cancels its invocation', async () => {
    const { body } = await shop.order({ packSeconds: LONG, lines: [{ sku: 'bag-dry-20', quantity: 1 }] });
    const [run] = await shop.app.query<{ id: string }>(
      `select id from sys_invocation where target = '${shop.app.namespace}.Order/${body.orderId}/run'`,
    );

    await shop.app.cancel(run!.id);
    const closed = await shop.app.ingress.workflow(Order).of(body.orderId).attach();

    expect(closed).toMatchObject({ outcome: 'cancelled', reason: 'Stopped by an operator' });
    expect(await shop.payments(body.orderId)).toEqual(['authorised 21.90', 'voided 21.90']);
  });

  test('cannot be cancelled when it is through: 409', async () => {
    const { body } = await shop.order({ lines: [{ sku: 'cord-para-15', quantity: 1 }] });

    const late = await shop.request('POST', `/orders/${body.orderId}/cancel`);

    expect(late).toMatchObject({
      status: 409,
      body: { message: `Order ${body.orderId} is completed; it is too late to cancel it.` },
    });
    expect(await shop.payments(body.orderId)).toEqual(['authorised 8.90', 'captured 8.90']);
  });
});

describe('the list of orders', () => {
  test('holds every order once, latest first, with its outcome, page by page', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const { body } = await shop.order({ lines: [{ sku: 'jar-clip-500', quantity: 1 }] });
      ids.unshift(body.orderId);
    }

    const { body: latest } = await shop.request<OrderList>('GET', '/orders?limit=3');
    expect(latest.orders.map(({ orderId, outcome }) => [orderId, outcome])).toEqual(ids.map((id) => [id, 'completed']));

    const all: string[] = [];
    for (let query = '?limit=7'; query !== '';) {
      const { body } = await shop.request<OrderList>('GET', `/orders${query}`);
      all.push(...body.orders.map(({ orderId }) => orderId));
      query = body.before === undefined ? '' : `?limit=7&before=${body.before}`;
    }
    expect(all.length).toBeGreaterThan(20);
    expect(new Set(all).size).toBe(all.length);
    expect(all.slice(0, 3)).toEqual(ids);
  });
});

describe('requests that make no sense', () => {
  test('are refused with 400 and the fields that are wrong', async () => {
    const { status, body } = await shop.request<{ details: { path: string }[] }>('POST', '/orders', {
      customer: '',
      card: '4111111111111111',
      lines: [{ sku: 'mug-enamel-white', quantity: 0 }],
    });

    expect(status).toBe(400);
    expect(body.details.map(({ path }) => path).sort()).toEqual(['card', 'customer', 'lines.0.quantity']);
  });

  test('name the line with the unknown product', async () => {
    const lines = [
      { sku: 'mug-enamel-white', quantity: 1 },
      { sku: 'perpetuum-mobile', quantity: 1 },
    ];
    expect(await shop.order({ lines })).toMatchObject({ status: 400, body: { details: [{ path: 'lines.1.sku' }] } });
  });

  test('may not name a product twice', async () => {
    const line = { sku: 'mug-enamel-white', quantity: 1 };
    expect(await shop.order({ lines: [line, line] })).toMatchObject({
      status: 400,
      body: { details: [{ path: 'lines' }] },
    });
  });

  test.each([
    ['GET', '/orders/nobody-ordered-this'],
    ['POST', '/orders/nobody-ordered-this/cancel'],
    ['GET', '/catalog/perpetuum-mobile'],
  ])('%s %s is 404', async (method, path) => {
    expect(await shop.request(method, path)).toMatchObject({ status: 404 });
  });
});

describe('a reservation', () => {
  test('belongs to its order: repeating it changes nothing, releasing what is not there neither', async () => {
    const stock = shop.app.ingress.object(Stock).of('notebook-dot-a5');
    const once = { idempotencyKey: false } as const;

    await stock.call.reserve({ orderId: 'x', quantity: 5 }, once);
    expect(await stock.call.reserve({ orderId: 'x', quantity: 5 }, once)).toMatchObject({
      reserved: 5,
      available: 170,
    });
    expect(await stock.call.release('somebody else', once)).toMatchObject({ reserved: 5 });
    await expect(stock.call.seed(4, once)).rejects.toMatchObject({ status: 409 });
    expect(await stock.call.release('x', once)).toMatchObject({ reserved: 0, available: 175 });
    expect(await stock.call.seed(4, once)).toMatchObject({ onHand: 4, available: 4 });
  });
});
