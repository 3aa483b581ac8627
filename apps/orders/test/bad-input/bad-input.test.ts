import { Logger } from '@nestjs/common';
import { ReaRuntime } from '@rea/core';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { seen } from '../../../../test/support/seen.js';
import { TestShop } from '../support/shop.js';
import { EndpointClient, endpointRequests } from './support/endpoint-requests.js';
import { requestsFor, type Target } from './support/http-request.js';
import { inWords, press, type Pressure } from './support/pressure.js';
import { sendBytes } from './support/raw-request.js';
import { CONTROLLERS, ingressTargets } from './support/shop-targets.js';

/** `npm run prove:edges` sends 10,000; the suite a part of them, and others each day. */
const REQUESTS = Number(process.env['REA_BAD_INPUT'] ?? 1_500);
const SEED = Number(process.env['REA_SEED'] ?? Math.floor(Date.now() / 86_400_000));

/** More than noise of collections, less than keeping something of each of some thousand requests, in MiB. */
const HEAP = 40;

let shop: TestShop;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  shop = await TestShop.open({ ORDER_WAIT_SECONDS: '1' });
});
afterAll(() => shop?.close());

async function expectCalm(where: string, pressure: Pressure): Promise<void> {
  for (const w of pressure.wrong) process.stdout.write('WRONG ' + w.replace(/a{50,}/g, 'AAA') + '\n');
  seen(inWords(where, pressure));
  expect(pressure.wrong.slice(0, 5), `seed ${SEED}: ${pressure.wrong.slice(0, 5).join('\n')}`).toEqual([]);
  expect(pressure.unhandled).toEqual([]);
  expect(pressure.growth).toBeLessThan(HEAP);
  // Whatever has come in: the next customer is served.
  const { status } = await shop.order({ lines: [{ sku: 'pen-brass', quantity: 1 }] });
  expect(status).toBeLessThan(300);
}

function overHttp(port: number, targets: readonly Target[], count: number): Promise<Pressure> {
  const requests = fc.sample(requestsFor(targets), { numRuns: count, seed: SEED });
  return press(requests, ({ bytes, isCut }) => sendBytes(port, bytes, isCut));
}

const timeout = 300_000;

test('the controllers answer malformed requests, and none with a 5xx', { timeout }, async () => {
  const port = Number(new URL(shop.url).port);
  await expectCalm('controllers', await overHttp(port, CONTROLLERS, Math.ceil(REQUESTS * 0.4)));
});

test('the handlers, through the ingress, answer malformed requests, and none with a 5xx', { timeout }, async () => {
  const { ingressUrl } = JSON.parse(process.env['REA_TEST_SERVER']!) as { readonly ingressUrl: string };
  const targets = ingressTargets((component) => shop.app.serverName(component));
  await expectCalm('ingress', await overHttp(Number(new URL(ingressUrl).port), targets, Math.ceil(REQUESTS * 0.3)));
  const tried = await shop.app.query<{ target: string }>(
    `select target from sys_invocation where target_service_name like '${shop.app.namespace}.%' and (retry_count > 1 or status = 'backing-off')`,
  );
  expect(tried).toEqual([]);
});

test('the endpoint answers malformed requests, and none with a 5xx', { timeout }, async () => {
  const url = shop.app.get(ReaRuntime).endpointUrl!;
  const client = new EndpointClient(url);
  const requests = fc.sample(endpointRequests(shop.app.namespace), {
    numRuns: Math.ceil(REQUESTS * 0.3),
    seed: SEED,
  });
  await expectCalm('endpoint', await press(requests, (request) => client.send(request)));
  client.close();
});
