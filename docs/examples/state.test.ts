import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Basket, Recipient, RecipientBefore } from './state.js';

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Basket] });
});
afterAll(() => app?.close());

test('a basket keeps its lines, in the order of the calls, until it is emptied', async () => {
  const basket = app.ingress.object(Basket).of('ada');
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      basket.call.add({ sku: 'tea', quantity: 1 }, { idempotencyKey: `line-${index}` }),
    ),
  );
  expect(await basket.call.view()).toHaveLength(20);
  await basket.call.empty(undefined, { idempotencyKey: false });
  expect(await basket.call.view()).toEqual([]);
  expect(await app.state('Basket', 'ada')).toEqual({});
});

test('a line that does not fit is refused and changes nothing', async () => {
  const basket = app.ingress.object(Basket).of('bob');
  await expect(basket.call.add({ sku: '', quantity: 1 }, { idempotencyKey: false })).rejects.toMatchObject({
    status: 400,
    response: { code: 'REA2010', details: [{ path: 'sku' }] },
  });
  expect(await app.state('Basket', 'bob')).toEqual({});
});

test('an address of an earlier release is read in the shape of this one; a release before refuses what it does not know', async () => {
  const namespace = `docs${process.pid}${Date.now().toString(36)}`;
  await using before = await createTestApp({ providers: [RecipientBefore], rea: { namespace } });
  const eve = before.ingress.object(RecipientBefore).of('eve');
  await eve.call.move('Dam 1, Amsterdam', { idempotencyKey: false });
  await using after = await createTestApp({ providers: [Recipient], rea: { namespace } });
  const recipient = after.ingress.object(Recipient).of('eve');
  const amsterdam = { street: 'Dam 1', city: 'Amsterdam', country: 'NL' };
  expect(await recipient.call.address()).toEqual(amsterdam);
  await recipient.call.move(amsterdam, { idempotencyKey: false });
  expect(await after.state('Recipient', 'eve')).toEqual({ address: { '_rea.v': 2, value: amsterdam } });
});
