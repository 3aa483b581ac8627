import type { DeadLetterEntry, DeadLetterPage, RedriveResult } from '@rea/saga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderResponse } from '../src/orders/order.response.js';
import '../../../test/support/claim.js';
import { TestShop } from './support/shop.js';

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.open();
});

afterAll(() => shop?.close());

/** The step that fails after its effect, and what the payment provider did in all. */
const SWITCHES = [
  ['reserve-stock', []],
  ['authorise-payment', ['authorised', 'voided']],
  ['capture-payment', ['authorised', 'captured', 'refunded']],
  ['ship', ['authorised', 'captured', 'refunded']],
] as const;

async function products(): Promise<string[]> {
  const { body } = await shop.request<{ sku: string; stock?: number }[]>('GET', '/catalog');
  return body.map(({ sku }) => sku);
}

describe('the failure switch', () => {
  test.for(SWITCHES)('X-Fail-Step: %s takes everything back', async ([step, payments]) => {
    const index = SWITCHES.findIndex(([name]) => name === step);
    const sku = (await products())[index]!;
    const before = await shop.stock(sku);
    const { body } = await shop.order({ lines: [{ sku, quantity: 1 }] }, { 'x-fail-step': step });
    expect(body).toMatchObject({
      status: 'closed',
      outcome: 'failed',
      reason: expect.stringContaining('switched to fail'),
    });
    expect(body).not.toHaveProperty('stuck');
    expect(await shop.stock(sku)).toEqual(before);
    expect((await shop.payments(body.orderId)).map((line) => line.split(' ')[0])).toEqual(payments);
  });

  test('past the point of no return nothing is taken back; the step is a dead letter', async () => {
    const sku = (await products())[5]!;
    const { body } = await shop.order({ lines: [{ sku, quantity: 1 }] }, { 'x-fail-step': 'confirm-stock' });
    expect(body).toMatchObject({ outcome: 'failed', stuck: ['confirm-stock'] });
    expect((await shop.payments(body.orderId)).map((line) => line.split(' ')[0])).toEqual(['authorised', 'captured']);
  });
});

describe('a step that cannot be taken back', { meta: { claim: 'redrive' } }, () => {
  test('is a dead letter that an operator redrives with an edited payload; then the order is closed, and its stock free', async () => {
    const sku = (await products())[6]!;
    const before = await shop.stock(sku);
    const { status, body } = await shop.order(
      { lines: [{ sku, quantity: 1 }] },
      { 'x-fail-step': 'ship', 'x-fail-undo': 'capture-payment' },
    );
    const steps = ['capture-payment', 'authorise-payment', 'reserve-stock'];
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'stuck', outcome: 'failed', stuck: expect.arrayContaining(steps) });
    expect((await shop.payments(body.orderId)).map((line) => line.split(' ')[0])).toEqual(['authorised', 'captured']);
    expect(await shop.stock(sku)).toMatchObject({ reserved: 1 });

    const open = () => shop.request<DeadLetterPage>('GET', '/operators/dead-letters?status=open&step=capture-payment');
    await expect.poll(async () => (await open()).body.entries).toHaveLength(1);
    const [summary] = (await open()).body.entries;
    const path = `/operators/dead-letters/${encodeURIComponent(summary!.id)}`;
    const { body: entry } = await shop.request<DeadLetterEntry>('GET', path);
    expect(entry).toMatchObject({
      saga: 'order',
      compensation: 'refund-payment',
      payload: { orderId: body.orderId, fail: true },
      attempts: 4,
      notUndone: [{ step: 'authorise-payment' }, { step: 'reserve-stock' }],
    });
    const order = async () => (await shop.request<OrderResponse>('GET', `/orders/${body.orderId}`)).body;
    expect(await order()).toMatchObject({ status: 'stuck', stuck: steps });

    const redrive = (payload?: object) => shop.request<RedriveResult>('POST', `${path}/redrive`, { payload });
    expect((await redrive()).status).toBe(200);
    expect((await shop.payments(body.orderId)).map((line) => line.split(' ')[0])).toEqual(['authorised', 'captured']);
    expect((await redrive({ orderId: body.orderId })).status).toBe(200);
    expect((await shop.payments(body.orderId)).map((line) => line.split(' ')[0])).toEqual([
      'authorised',
      'captured',
      'refunded',
    ]);
    expect(await shop.stock(sku)).toEqual(before);
    expect(await order()).toMatchObject({ status: 'closed', outcome: 'failed' });
    expect(await order()).not.toHaveProperty('stuck');
    const { body: after } = await shop.request<DeadLetterEntry>('GET', path);
    expect(after.history.map(({ by, action, step }) => [by, action, step])).toEqual([
      ['Order/run', 'added', undefined],
      ['olga', 'redrive-failed', 'capture-payment'],
      ['olga', 'redriven', 'capture-payment'],
      ['olga', 'redriven', 'authorise-payment'],
      ['olga', 'redriven', 'reserve-stock'],
    ]);
    expect((await redrive()).status).toBe(409);
    expect((await open()).body.entries).toEqual([]);
  });

  test('is settled by hand, and a redrive goes on with what is left', async () => {
    const sku = (await products())[7]!;
    const before = await shop.stock(sku);
    const { body } = await shop.order(
      { lines: [{ sku, quantity: 1 }] },
      { 'x-fail-step': 'ship', 'x-fail-undo': 'authorise-payment' },
    );
    expect(body).toMatchObject({ status: 'stuck', stuck: ['authorise-payment', 'reserve-stock'] });
    const open = () =>
      shop.request<DeadLetterPage>('GET', '/operators/dead-letters?status=open&step=authorise-payment');
    await expect.poll(async () => (await open()).body.entries).toHaveLength(1);
    const path = `/operators/dead-letters/${encodeURIComponent((await open()).body.entries[0]!.id)}`;
    const note = 'voided at the bank';
    expect((await shop.request('POST', `${path}/redrive`, { payloads: { ship: {} } })).status).toBe(400);
    expect((await shop.request('POST', `${path}/redrive`, { payloads: 'all' })).status).toBe(400);
    expect((await shop.request('POST', `${path}/resolve`, { note, step: 'ship' })).status).toBe(400);
    expect((await shop.request('POST', `${path}/resolve`, { note, step: 7 })).status).toBe(400);
    const settled = await shop.request<DeadLetterEntry>('POST', `${path}/resolve`, { note, step: 'authorise-payment' });
    expect(settled).toMatchObject({ status: 200, body: { status: 'open', settled: ['authorise-payment'] } });
    const order = async () => (await shop.request<OrderResponse>('GET', `/orders/${body.orderId}`)).body;
    expect(await order()).toMatchObject({ status: 'stuck', stuck: ['reserve-stock'] });
    const payloads = { 'reserve-stock': { orderId: body.orderId, skus: [sku] } };
    expect(await shop.request('POST', `${path}/redrive`, { payloads })).toMatchObject({
      status: 200,
      body: { outcome: 'redriven' },
    });
    expect(await shop.stock(sku)).toEqual(before);
    expect(await order()).toMatchObject({ status: 'closed' });
  });

  test('unknown entries are 404, and decisions need a note', async () => {
    expect((await shop.request('GET', '/operators/dead-letters/nothing')).status).toBe(404);
    expect((await shop.request('POST', '/operators/dead-letters/nothing/resolve', {})).status).toBe(400);
  });
});
