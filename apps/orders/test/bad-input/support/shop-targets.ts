import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { DEVELOPMENT_KEYS } from '../../../src/access/development-keys.js';
import { asHeader, bodyLike, segment, text } from './generators.js';
import type { Target } from './http-request.js';

const ORDER = {
  customer: 'ada',
  card: 'tok_declined',
  country: 'DE',
  packSeconds: 0,
  lines: [{ sku: 'mug-enamel-blue', quantity: 1 }],
};
const EVENT = { type: 'payment.declined', orderId: 'nobody-ordered-this', reason: 'no funds' };

/** Most callers have a key: behind the guards is more to break. */
const authorised = fc
  .oneof(
    { weight: 6, arbitrary: fc.constant('Bearer olga-development-key') },
    { weight: 2, arbitrary: fc.constant('Bearer ada-development-key') },
    { weight: 1, arbitrary: text.map(asHeader) },
  )
  .map((authorization) => () => ({ authorization }));

/** Signed over whatever the body is, or not quite. */
const signed = fc
  .record({
    id: text.map(asHeader),
    skew: fc.constantFrom(0, 0, 0, 1e6, Number.NaN),
    secret: fc.constantFrom(true, true, true, false),
  })
  .map(({ id, skew, secret }) => (body: Buffer) => {
    const time = `${Math.floor(Date.now() / 1_000) - skew}`;
    const key = Buffer.from(
      secret ? DEVELOPMENT_KEYS.PAYMENT_WEBHOOK_SECRETS.slice('whsec_'.length) : 'AAAA',
      'base64',
    );
    const mac = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${mac}` };
  });

const path = (before: string, after = '') => segment.map((id) => `${before}${id}${after}`);
const to = (method: string, where: fc.Arbitrary<string>, body?: object): Target => ({
  method,
  path: where,
  headers: authorised,
  ...(body ? { body: bodyLike(body) } : {}),
});

/** The shop's controllers. */
export const CONTROLLERS: readonly Target[] = [
  to('POST', fc.constant('/orders'), ORDER),
  to('GET', fc.constant('/orders')),
  to('GET', path('/orders/')),
  to('POST', path('/orders/', '/cancel'), { reason: 'why' }),
  to('POST', path('/carts/', '/items'), ORDER.lines[0]),
  to('GET', path('/carts/')),
  to('DELETE', path('/carts/ada/items/')),
  to('POST', path('/carts/', '/checkout'), { card: 'tok_declined' }),
  to('GET', path('/catalog/')),
  to('GET', path('/payments/')),
  to('POST', path('/payments/', '/confirm'), { accepted: false }),
  to('GET', fc.constant('/operators/dead-letters')),
  to('GET', fc.constant('/operators/dead-letters/count')),
  to('GET', path('/operators/dead-letters/')),
  to('POST', path('/operators/dead-letters/', '/redrive'), { note: 'n', payload: {} }),
  to('POST', path('/operators/dead-letters/', '/resolve'), { note: 'n' }),
  to('GET', fc.constant('/operators/sagas/killed')),
  to('POST', path('/operators/sagas/', '/resume'), {}),
  to('POST', path('/operators/sagas/inv_', '/cancel'), { reason: 'why' }),
  { method: 'POST', path: fc.constant('/webhooks/payments'), body: bodyLike(EVENT), headers: signed },
  { method: 'GET', path: segment.map((anything) => `/${anything}`) },
];

/** The shop's handlers, asked for at the Restate server's ingress, past all controllers. */
export function ingressTargets(serverName: (component: string) => string): readonly Target[] {
  const handler = (name: string, body: object, verbs = ['', '/send']): Target => ({
    method: 'POST',
    path: fc
      .tuple(segment, fc.constantFrom(...verbs))
      .map(([key, verb]) => `/${serverName(name).replace('{}', key)}${verb}`),
    body: bodyLike(body),
  });
  return [
    handler('Order/{}/run', ORDER),
    handler('Order/{}/cancel', { reason: 'why' }),
    handler('Order/{}/paymentDeclined', { reason: 'why' }),
    handler('Order/{}/status', {}),
    handler('Cart/{}/addItem', ORDER.lines[0]!),
    handler('Cart/{}/checkout', { orderId: 'x', card: 'tok_declined' }),
    handler('Cart/{}/view', {}),
    handler('Stock/{}/reserve', { orderId: 'x', quantity: 1 }),
    handler('Payments/authorise', { orderId: 'x', amount: 1, card: 'tok_declined' }),
    handler('Shipping/bestQuote', { grams: 1, country: 'DE' }),
    handler('OrderIndex/{}/latest', { limit: 1 }),
    handler('rea.DeadLetterOperator/redrive', { id: 'x', by: 'y' }),
    handler('rea.SagaOperator/cancel', { invocationId: 'x', by: 'y' }),
    handler('rea.WebhookDeliveries/{}/claim', { lease: 1, retention: 1 }),
    { method: 'GET', path: segment.map((id) => `/restate/invocation/${id}/output`) },
    { method: 'GET', path: segment.map((id) => `/restate/workflow/${serverName('Order')}/${id}/output`) },
    { method: 'POST', path: segment.map((id) => `/restate/awakeables/${id}/resolve`), body: bodyLike({}) },
    { method: 'POST', path: segment.map((anything) => `/${anything}`), body: bodyLike({}) },
  ];
}
