import { findKeyProblem, idempotencyKey, PolicyService } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bank, Billing, PaymentsController, Till } from './idempotency.js';

let app: ReaTestApp;
let url: string;
beforeAll(async () => {
  app = await createTestApp({ providers: [Bank, Billing, Till], controllers: [PaymentsController] });
  await app.app.listen(0, '127.0.0.1');
  url = await app.app.getUrl();
});
afterAll(() => app?.close());

const pay = async (order: string, key?: string) => {
  const response = await fetch(`${url}/orders/${order}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body: JSON.stringify({ amount: 20 }),
  });
  return response.json() as Promise<number>;
};

test('the same request twice charges once and answers twice; another key charges again', async () => {
  const first = await pay('o-1');
  expect(await pay('o-1')).toBe(first);
  expect(await Promise.all([pay('o-1', 'a'), pay('o-1', 'a')])).toEqual([first + 1, first + 1]);
  expect(app.get(Bank).byKey.size).toBe(first + 1);
});

test('two invocations that bill one order charge it once, in strict mode too', async () => {
  app.get(PolicyService).set('strict');
  const before = app.get(Bank).byKey.size;
  const bill = (request: string) => app.ingress.service(Billing).call.bill('o-2', { idempotencyKey: request });
  expect(await Promise.all([bill('browser'), bill('cron')])).toEqual([before + 1, before + 1]);
  expect(app.get(Bank).byKey.size).toBe(before + 1);
});

test('keys that the page names are as it says', () => {
  expect(idempotencyKey('charge', 'o-17')).toBe('charge/o-17');
  expect(idempotencyKey('charge', 'o/17')).toBe('charge/o%2f17');
  expect(idempotencyKey('charge', 17)).toBe('charge/~number:17');
  expect(idempotencyKey('charge', 'x'.repeat(300))).toMatch(/^~sha256\/[\da-f]{64}$/);
  expect(findKeyProblem('charge/2026-08-01')).toBe('holds a date');
});

test('a key that changes from day to day is refused in strict mode, with the cure', async () => {
  app.get(PolicyService).set('strict');
  const bill = app.ingress.service(Billing).call.bill('2026-08-01', { idempotencyKey: 'today' });
  await expect(bill).rejects.toMatchObject({
    message: expect.stringMatching(
      /^REA2008 weak-key: Till call\.charge\(\) with the idempotency key "bill\/2026-08-01", which holds a date, in Billing\/bill\./,
    ),
  });
});
