import { ContextIdFactory } from '@nestjs/core';
import { getClientToken } from '@rea/core';
import { createTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterEach, expect, test } from 'vitest';
import { ByTenant, Ledger, Payments, Reports, TenantDatabase } from './components.js';

const once = { idempotencyKey: false } as const;

afterEach(() => ContextIdFactory.apply(undefined as never));

test('two components inject each other, and keep their private members', async () => {
  await using app = await createTestApp({ providers: [Payments, Ledger] });
  expect(await app.ingress.service(Payments).call.charge(5, once)).toBe('booked 5 EUR');
});

test('a test replaces a client', async () => {
  // #region client
  await using app = await createTestApp({
    providers: [Payments],
    override: (builder) =>
      builder.overrideProvider(getClientToken(Ledger)).useValue({ call: { book: async () => 'booked in a test' } }),
  });
  // #endregion client
  expect(await app.ingress.service(Payments).call.charge(5, once)).toBe('booked in a test');
});

test('a test replaces a component', async () => {
  // #region component
  await using app = await createTestApp({
    providers: [Payments, Ledger],
    override: (builder) =>
      builder.overrideProvider(Ledger).useValue({ book: async (_ctx: Context, entry: string) => `stub of ${entry}` }),
  });
  // #endregion component
  expect(await app.ingress.service(Payments).call.charge(5, once)).toBe('stub of 5 EUR');
});

test('durable providers are shared by the calls of a tenant', async () => {
  ContextIdFactory.apply(new ByTenant());
  await using app = await createTestApp({ providers: [Reports, TenantDatabase] });
  const read = (tenant: string) =>
    app.ingress.service(Reports).call.read(undefined, { ...once, headers: { 'x-tenant': tenant } });
  const [first, second, other] = [await read('acme'), await read('acme'), await read('other')];
  expect(first).toEqual(second);
  expect(first.tenant).toBe('acme');
  expect(other.database).not.toBe(first.database);
});
