import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { ReaModule } from '@rea/core';
import { IngressExceptionFilter } from '@rea/ingress';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Cart } from './cart.object.js';
import {
  DecisionsController,
  Desk,
  FrontModule,
  InvocationsController,
  OrderController,
  Refunds,
  ShopController,
} from './ingress.js';
import { Order } from './order.workflow.js';
import { PaymentProvider } from './payment-provider.js';
import { Payments } from './payments.service.js';

/** The other team's Restate server, as far as this page needs it. */
const billing = createServer((request, response) => {
  const { authorization, 'idempotency-key': key } = request.headers;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(`${request.url} ${authorization} ${String(key)}`));
});

let app: ReaTestApp;
let url: string;
beforeAll(async () => {
  billing.listen(0, '127.0.0.1');
  await once(billing, 'listening');
  app = await createTestApp({
    providers: [
      Cart,
      Desk,
      Order,
      Payments,
      PaymentProvider,
      Refunds,
      { provide: APP_FILTER, useClass: IngressExceptionFilter },
    ],
    controllers: [ShopController, OrderController, DecisionsController, InvocationsController],
    ingress: {
      connections: {
        billing: {
          url: `http://127.0.0.1:${(billing.address() as AddressInfo).port}`,
          headers: async () => ({ authorization: 'Bearer token' }),
        },
      },
    },
  });
  await app.app.listen(0, '127.0.0.1');
  url = await app.app.getUrl();
});
afterAll(async () => {
  await app?.close();
  billing.close();
});

const request = async (method: string, path: string, body?: unknown, key?: string) => {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
};

test('a line is added once for one key, quoted or not', async () => {
  const line = { sku: 'tea', quantity: 1 };
  expect(await request('POST', '/shop/carts/ada/lines', line, '"a"')).toEqual({ status: 201, body: 1 });
  expect(await request('POST', '/shop/carts/ada/lines', line, 'a')).toEqual({ status: 201, body: 1 });
});

test('a payment is sent, and its receipt is asked for by the key', async () => {
  expect(await request('GET', '/shop/payments/o-1')).toMatchObject({ status: 404, body: { message: 'Not Found' } });
  expect(await request('POST', '/shop/payments/o-1', { amount: 20 })).toMatchObject({ status: 201 });
  await expect
    .poll(() => request('GET', '/shop/payments/o-1'))
    .toEqual({ status: 200, body: { receipt: 'receipt for 20' } });
});

test('an invoice goes to the other connection, with its headers, and needs a key', async () => {
  expect(await request('POST', '/shop/invoices/o-1')).toMatchObject({ status: 400, body: { code: 'REA4020' } });
  const { status, text } = await fetch(`${url}/shop/invoices/o-1`, {
    method: 'POST',
    headers: { 'idempotency-key': '"k"' },
  }).then(async (response) => ({ status: response.status, text: await response.text() }));
  expect({ status, text }).toEqual({ status: 201, text: '/Invoices/create Bearer token invoice/o-1/k' });
});

test('an order is placed once, approved and asked for', async () => {
  expect(await request('GET', '/orders/o-7')).toMatchObject({ status: 404 });
  expect(await request('POST', '/orders/o-7', { amount: 5 })).toEqual({
    status: 201,
    body: { id: 'o-7', accepted: true },
  });
  expect(await request('POST', '/orders/o-7', { amount: 9 })).toMatchObject({ body: { accepted: false } });
  await expect.poll(() => request('GET', '/orders/o-7')).toMatchObject({ body: { status: 'waiting for approval' } });
  await request('POST', '/orders/o-7/approval', { by: 'Ada' });
  await expect
    .poll(() => request('GET', '/orders/o-7'))
    .toMatchObject({ body: { receipt: 'receipt for 5, approved by Ada' } });
});

/** A refund that waits for its decision. */
async function asked(known: readonly string[] = []) {
  const { invocationId } = await app.ingress
    .service(Refunds)
    .send.refund(7, { idempotencyKey: `refund/${known.length}` });
  const decision = await vi.waitUntil(async () =>
    (await app.ingress.object(Desk).of('front').call.questions(undefined, { idempotencyKey: false })).find(
      (id) => !known.includes(id),
    ),
  );
  return { invocationId, decision };
}

test('a decision resolves or rejects what a handler waits for', async () => {
  const first = await asked();
  expect(await request('POST', `/decisions/${first.decision}`, { by: 'Ada' })).toMatchObject({ status: 201 });
  const answer = await fetch(`${url}/invocations/${first.invocationId}`);
  expect(await answer.text()).toBe('7 refunded, said Ada');

  const second = await asked([first.decision]);
  await request('POST', `/decisions/${second.decision}`, { by: 'Ada', refuse: 'too late' });
  expect(await request('GET', `/invocations/${second.invocationId}`)).toMatchObject({ status: 500 });

  const third = await asked([first.decision, second.decision]);
  expect(await request('DELETE', `/invocations/${third.invocationId}`)).toMatchObject({ status: 200 });
  expect(await request('GET', `/invocations/${third.invocationId}`)).toMatchObject({ status: 409 });
});

test('any handler is called by name', async () => {
  const call = (sku: string) => request('POST', '/invocations/Cart/bob/add', { sku, quantity: 1 }, 'k');
  expect([await call('tea'), await call('tea'), await call('milk')].map(({ body }) => body)).toEqual([1, 1, 2]);
  expect(await request('POST', '/invocations/Cart/bob/nothing', {}, 'k')).toEqual({
    status: 404,
    body: { statusCode: 404, message: 'Not Found' },
  });
});

test('the module takes its connections from the configuration', async () => {
  vi.stubEnv('BILLING_INGRESS_URL', `http://127.0.0.1:${(billing.address() as AddressInfo).port}`);
  const { ingressUrl, adminUrl } = await sharedServer();
  const module = await Test.createTestingModule({
    imports: [ReaModule.forRoot({ server: { ingressUrl, adminUrl }, endpoint: false }), FrontModule],
    controllers: [ShopController],
  }).compile();
  expect(await module.get(ShopController).invoice('o-2', 'k')).toBe('/Invoices/create Bearer token invoice/o-2/k');
  await module.close();
  vi.unstubAllEnvs();
});
