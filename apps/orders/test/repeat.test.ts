import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import '../../../test/support/claim.js';
import type { OrderResponse } from '../src/orders/order.response.js';
import { Catalog } from '../src/catalog/catalog.service.js';
import { ADA, type Answer, BOB, TestShop } from './support/shop.js';

const LONG = 3_600;
const line = { sku: 'mug-enamel-white', quantity: 1 };

let shop: TestShop;
let count = 0;

beforeAll(async () => {
  shop = await TestShop.open();
});
afterAll(() => shop?.close());

const newId = () => `repeat-${(count += 1)}`;
const get = (orderId: string, as = ADA) => shop.request<OrderResponse>('GET', `/orders/${orderId}`, undefined, as);
const cancel = (orderId: string, as = ADA) =>
  shop.request<OrderResponse>('POST', `/orders/${orderId}/cancel`, undefined, as);

/** Twice one after the other, then twice at once. */
async function repeated<T>(request: () => Promise<Answer<T>>): Promise<Answer<T>[]> {
  return [await request(), await request(), ...(await Promise.all([request(), request()]))];
}

const statuses = (answers: readonly Answer<unknown>[]) => answers.map(({ status }) => status);

/** Orders, brought into a state. What an order asks for, its status then, and what the payment provider has done. */
const STATES = {
  confirming: [{ card: 'tok_confirm', confirmSeconds: LONG }, 202, 'confirming'],
  packing: [{ packSeconds: LONG }, 202, 'packing'],
  completed: [{}, 201, 'closed'],
  'out of stock': [{ lines: [{ sku: 'axe-hand', quantity: 1 }] }, 201, 'closed'],
  declined: [{ card: 'tok_declined' }, 201, 'closed'],
  undeliverable: [{ country: 'AQ' }, 201, 'closed'],
} as const;

describe('each route of an order, repeated in each of its states', { meta: { claim: 'order-app' } }, () => {
  test.for(Object.keys(STATES) as (keyof typeof STATES)[])('placing one that is %s', async (state) => {
    const [more, status, name] = STATES[state];
    const orderId = newId();
    const answers = await repeated(() => shop.order({ orderId, lines: [line], ...more }));
    expect(statuses(answers)).toEqual(Array.from(answers, () => status));
    for (const { body } of answers) expect(body).toMatchObject({ orderId, status: name });
    const kinds = (await shop.payments(orderId)).map((entry) => entry.split(' ')[0]);
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  test.for(Object.keys(STATES) as (keyof typeof STATES)[])('with an Idempotency-Key, one that is %s', async (state) => {
    const [more, status] = STATES[state];
    const key = { 'idempotency-key': newId() };
    const answers = await repeated(() => shop.order({ lines: [line], ...more }, key));
    expect(statuses(answers)).toEqual(Array.from(answers, () => status));
    expect(new Set(answers.map(({ body }) => body.orderId)).size).toBe(1);
  });

  test.for(Object.keys(STATES) as (keyof typeof STATES)[])('reading one that is %s', async (state) => {
    const orderId = newId();
    await shop.order({ orderId, lines: [line], ...STATES[state][0] });
    const answers = await repeated(() => get(orderId));
    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    for (const { body } of answers) expect(body).toEqual(answers[0]!.body);
  });

  test('cancelling one that is packing: 200 each time, with the same answer, and taken back once', async () => {
    const orderId = newId();
    await shop.order({ orderId, lines: [line], packSeconds: LONG });
    const before = await shop.stock(line.sku);
    const answers = await repeated(() => cancel(orderId));
    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    for (const { body } of answers) expect(body).toEqual(answers[0]!.body);
    expect(answers[0]!.body).toMatchObject({ status: 'closed', outcome: 'cancelled' });
    expect((await shop.payments(orderId)).map((entry) => entry.split(' ')[0])).toEqual(['authorised', 'voided']);
    expect((await shop.stock(line.sku)).reserved).toBe(before.reserved - 1);
    // Placing it again answers with its status.
    expect(await shop.order({ orderId, lines: [line] })).toMatchObject({ status: 201, body: { outcome: 'cancelled' } });
  });

  test('cancelling one that is confirming, twice at once first', async () => {
    const orderId = newId();
    await shop.order({ orderId, lines: [line], card: 'tok_confirm', confirmSeconds: LONG });
    const answers = [
      ...(await Promise.all([cancel(orderId), cancel(orderId), cancel(orderId)])),
      await cancel(orderId),
    ];
    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    expect((await shop.payments(orderId)).map((entry) => entry.split(' ')[0])).toEqual(['pending', 'expired']);
    // Too late for the bank: it says so each time.
    const confirm = () => shop.request('POST', `/payments/${orderId}/confirm`);
    expect(statuses(await repeated(confirm))).toEqual([409, 409, 409, 409]);
  });

  test.for(['completed', 'out of stock', 'declined', 'undeliverable'] as const)(
    'cancelling one that is %s: 409 each time, and nothing happens',
    async (state) => {
      const orderId = newId();
      await shop.order({ orderId, lines: [line], ...STATES[state][0] });
      const before = await shop.payments(orderId);
      expect(statuses(await repeated(() => cancel(orderId)))).toEqual([409, 409, 409, 409]);
      expect(await shop.payments(orderId)).toEqual(before);
    },
  );

  test('cancelling one whose payment cannot be let go: 200 each time, though it is stuck', async () => {
    const orderId = newId();
    await shop.order({ orderId, lines: [line], packSeconds: LONG }, { 'x-fail-undo': 'authorise-payment' });
    const answers = await repeated(() => cancel(orderId));
    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    for (const { body } of answers) expect(body).toMatchObject({ status: 'stuck', outcome: 'cancelled' });
    expect(await shop.order({ orderId, lines: [line] })).toMatchObject({ status: 202, body: { status: 'stuck' } });
  });

  test.for(['nobody-ordered-this'])('%s: 404 each time', async (orderId) => {
    expect(statuses(await repeated(() => get(orderId)))).toEqual([404, 404, 404, 404]);
    expect(statuses(await repeated(() => cancel(orderId)))).toEqual([404, 404, 404, 404]);
  });

  test.for([true, false])(
    'answering for the bank (accepted: %s): once, the same answer each time',
    async (accepted) => {
      const orderId = newId();
      await shop.order({ orderId, lines: [line], card: 'tok_confirm', confirmSeconds: LONG });
      const answers = await repeated(() => shop.request('POST', `/payments/${orderId}/confirm`, { accepted }));
      expect(statuses(answers)).toEqual([200, 200, 200, 200]);
      for (const { body } of answers) expect(body).toEqual(answers[0]!.body);
      const kinds = (await shop.payments(orderId)).map((entry) => entry.split(' ')[0]);
      expect(new Set(kinds).size).toBe(kinds.length);
    },
  );
});

describe('an order that is accepted and has not begun', { meta: { claim: 'order-app' } }, () => {
  let begin: () => void;

  /** Keeps orders from their first step until `begin()`. */
  async function accepted(run: (orderId: string, placed: Promise<Answer<OrderResponse>>) => Promise<void>) {
    const gate = Promise.withResolvers<void>();
    begin = gate.resolve;
    const catalog = shop.app.get(Catalog);
    const price = catalog.price.bind(catalog);
    // In a run, which waits for what it is given.
    const spy = vi
      .spyOn(catalog, 'price')
      .mockImplementation((lines) => gate.promise.then(() => price(lines)) as unknown as ReturnType<typeof price>);
    const orderId = newId();
    const placed = shop.order({ orderId, lines: [line], packSeconds: LONG });
    try {
      await vi.waitUntil(() => spy.mock.calls.length > 0, { timeout: 10_000 });
      await run(orderId, placed);
    } finally {
      begin();
      await placed;
      spy.mockRestore();
    }
  }

  test('is found at once, each time', async () => {
    await accepted(async (orderId) => {
      const answers = await repeated(() => get(orderId));
      expect(statuses(answers)).toEqual([202, 202, 202, 202]);
      for (const { body } of answers) {
        expect(body).toEqual({
          orderId,
          status: 'accepted',
          links: { self: `/orders/${orderId}`, cancel: `/orders/${orderId}/cancel` },
        });
      }
    });
  });

  test('is cancelled once it has begun, each time', async () => {
    await accepted(async (orderId, placed) => {
      const cancelled = Promise.all([cancel(orderId), cancel(orderId)]);
      begin();
      expect(statuses(await cancelled)).toEqual([200, 200]);
      expect((await placed).body.orderId).toBe(orderId);
      expect(await get(orderId)).toMatchObject({ status: 200, body: { outcome: 'cancelled' } });
    });
  });

  test('is nobody else’s to cancel', async () => {
    await accepted(async (orderId) => {
      const refused = cancel(orderId, BOB);
      begin();
      expect((await refused).status).toBe(404);
    });
  });
});

describe('each route of a cart, repeated', { meta: { claim: 'order-app' } }, () => {
  const customer = () => `/carts/${newId()}`;

  test('adding with an Idempotency-Key counts once; without one it adds up', async () => {
    const cart = customer();
    const key = { 'idempotency-key': newId() };
    expect(statuses(await repeated(() => shop.request('POST', `${cart}/items`, line, key)))).toEqual([
      201, 201, 201, 201,
    ]);
    expect(await shop.request('GET', cart)).toMatchObject({ body: { lines: [{ quantity: 1 }] } });
    await shop.request('POST', `${cart}/items`, line);
    expect(await shop.request('GET', cart)).toMatchObject({ body: { lines: [{ quantity: 2 }] } });
  });

  test('taking one product out, and all: the same answer each time, also of an empty cart', async () => {
    const cart = customer();
    await shop.request('POST', `${cart}/items`, line);
    const removed = await repeated(() => shop.request('DELETE', `${cart}/items/${line.sku}`));
    expect(statuses(removed)).toEqual([200, 200, 200, 200]);
    for (const { body } of removed) expect(body).toEqual(removed[0]!.body);
    expect(statuses(await repeated(() => shop.request('DELETE', cart)))).toEqual([204, 204, 204, 204]);
  });

  test('checking out with an Idempotency-Key places one order, and answers about it each time', async () => {
    const cart = customer();
    await shop.request('POST', `${cart}/items`, line);
    const key = { 'idempotency-key': newId() };
    const answers = await repeated(() =>
      shop.request<OrderResponse>('POST', `${cart}/checkout`, { card: 'tok_visa' }, key),
    );
    expect(statuses(answers)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.orderId)).size).toBe(1);
    expect(await shop.payments(answers[0]!.body.orderId)).toHaveLength(2);
  });

  test('checking out without one: the second finds the cart empty', async () => {
    const cart = customer();
    await shop.request('POST', `${cart}/items`, line);
    const checkout = () => shop.request('POST', `${cart}/checkout`, { card: 'tok_visa' });
    expect(statuses(await Promise.all([checkout(), checkout()])).toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect((await checkout()).status).toBe(409);
  });
});

describe('each route of an operator, repeated', { meta: { claim: 'order-app' } }, () => {
  test.for(['redrive', 'resolve', 'discard'])('%s: once; then it is closed, and the answer says so', async (verb) => {
    const orderId = newId();
    await shop.order({ orderId, lines: [line], packSeconds: LONG }, { 'x-fail-undo': 'authorise-payment' });
    await cancel(orderId);
    const [id] = await vi.waitFor(async () => {
      const { body } = await shop.request<{ entries: { id: string; key: string }[] }>(
        'GET',
        '/operators/dead-letters?status=open&limit=500',
      );
      const ids = body.entries.filter(({ key }) => key === orderId).map((entry) => entry.id);
      expect(ids).toHaveLength(1);
      return ids;
    });
    const body = verb === 'redrive' ? { payload: { orderId } } : { note: 'a repeated click' };
    const path = `/operators/dead-letters/${encodeURIComponent(id!)}/${verb}`;
    expect(statuses(await repeated(() => shop.request('POST', path, body)))).toEqual([200, 409, 409, 409]);
    const order = (await get(orderId)).body;
    expect(order).toMatchObject({ status: 'closed', outcome: 'cancelled' });
    const answers = await repeated(() => cancel(orderId));
    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    for (const answer of answers) expect(answer.body).toEqual(order);
  });

  test.for(['cancel', 'roll-back', 'resume'])(
    '%s of a saga that is not there: the same refusal each time',
    async (verb) => {
      const answers = await repeated(() =>
        shop.request('POST', `/operators/sagas/inv_1abcdefghijklmnopqrstuvwxyz0123456/${verb}`, { reason: 'x' }),
      );
      expect(new Set(statuses(answers)).size).toBe(1);
      expect(answers[0]!.status).toBeGreaterThanOrEqual(400);
      expect(answers[0]!.status).toBeLessThan(500);
    },
  );
});
