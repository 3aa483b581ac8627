import { installDeterminismGuard, PolicyService } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Invoices } from './determinism.js';

let app: ReaTestApp;
let uninstall: () => void;
beforeAll(async () => {
  uninstall = installDeterminismGuard();
  app = await createTestApp({ providers: [Invoices] });
});
afterAll(async () => {
  uninstall();
  await app?.close();
});

const quiet = { idempotencyKey: false } as const;
/** Without folders and columns: `new Date() at determinism.ts:21`. */
const found = () =>
  app
    .get(PolicyService)
    .findings()
    .map(({ what }) => what.replace(/ at .*(determinism\.ts:\d+):\d+$/, ' at $1'));

test('the handler that takes its values in the right places is not reported', async () => {
  const { call } = app.ingress.service(Invoices);
  expect(await call.create('EUR', quiet)).toMatchObject({ currency: 'EUR', rate: 1 });
  expect(await call.measured(undefined, quiet)).toBe('done');
  expect(app.get(Invoices).durations.length).toBeGreaterThan(0);
  expect(found()).toEqual([]);
});

test('the other one is, line by line', async () => {
  await app.ingress.service(Invoices).call.draft('EUR', quiet);
  expect(found()).toEqual([
    'crypto.randomUUID() at determinism.ts:20',
    'new Date() at determinism.ts:21',
    'setTimeout() at determinism.ts:7',
  ]);
});
