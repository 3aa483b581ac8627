import type { INestApplication } from '@nestjs/common';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cart } from './cart.object.js';
import { Checkout } from './checkout.service.js';
import { Greeter } from './greeter.service.js';
import { Mailer } from './mailer.js';
import { Order } from './order.workflow.js';
import { OrdersController } from './orders.controller.js';
import { PaymentProvider } from './payment-provider.js';
import { Payments } from './payments.service.js';

let app: ReaTestApp;
let http: INestApplication;
let url: string;

beforeAll(async () => {
  app = await createTestApp({
    controllers: [OrdersController],
    providers: [Cart, Checkout, Greeter, Mailer, Order, PaymentProvider, Payments],
  });
  http = app.app;
  await http.listen(0, '127.0.0.1');
  url = await http.getUrl();
});
afterAll(() => app?.close());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

test('a service greets and mails once', async () => {
  const greeter = app.ingress.service(Greeter);
  expect(await greeter.call.greet('Ada', { idempotencyKey: 'k' })).toBe('Hello, Ada');
  expect(await greeter.call.greet('Ada', { idempotencyKey: 'k' })).toBe('Hello, Ada');
  expect([...app.get(Mailer).sent.values()]).toEqual(['Ada']);
});

test('a handler calls others, waits for both, sends later, and runs a workflow', async () => {
  const answer = await app.ingress.service(Checkout).call.checkout('bob', { idempotencyKey: 'k' });
  expect(answer).toBe('receipt for 20; receipt for 0, approved by checkout');
  await expect.poll(() => app.ingress.object(Cart).of('bob').call.view(), { timeout: 10_000 }).toHaveLength(1);
});

test('a declined payment fails at once, with its status', async () => {
  const call = app.ingress.service(Payments).call.charge(2_000, { idempotencyKey: false });
  await expect(call).rejects.toMatchObject({ status: 422, message: 'The card is declined.' });
});

test('the controller serves carts and orders over HTTP', async () => {
  const line = { sku: 'tea', quantity: 1 };
  const key = { 'idempotency-key': 'one' };
  expect(await (await post('/carts/eve/lines', line, key)).json()).toBe(1);
  expect(await (await post('/carts/eve/lines', line, key)).json()).toBe(1);
  const refused = await post('/carts/eve/lines', { sku: '', quantity: 1 }, { 'idempotency-key': 'two' });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ code: 'REA2010', details: [{ path: 'sku' }] });

  expect(await (await post('/orders/o-1', { amount: 12 })).json()).toEqual({ id: 'o-1', accepted: true });
  expect(await (await post('/orders/o-1', { amount: 12 })).json()).toEqual({ id: 'o-1', accepted: false });
  await expect.poll(async () => (await fetch(`${url}/orders/o-1`)).text()).toBe('waiting for approval');
  await app.ingress.workflow(Order).of('o-1').signal.approve('Grace');
  expect(await app.ingress.workflow(Order).of('o-1').attach()).toBe('receipt for 12, approved by Grace');
});
