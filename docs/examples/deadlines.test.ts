import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Dispatch, Docks, Drivers, Routes } from './deadlines.js';

const once = { idempotencyKey: false } as const;

let app: ReaTestApp;
let hurried: ReaTestApp;
beforeAll(async () => {
  const providers = [Dispatch, Docks, Drivers, Routes];
  app = await createTestApp({ providers });
  const components = { Dispatch: { handlers: { book: { deadline: 300 } } } };
  hurried = await createTestApp({ providers, rea: { components } });
});
afterAll(async () => {
  await app?.close();
  await hurried?.close();
});

test('a driver who answers in time gets the dock', async () => {
  const booked = app.ingress.service(Dispatch).call.book('o-1', once);
  await expect.poll(() => app.get(Drivers).asked.get('o-1')).toBeDefined();
  const id = app.get(Drivers).asked.get('o-1')!;
  await app.ingress.service(Routes).call.answer({ id, driver: 'Ada' }, once);
  expect(await booked).toBe('Ada at dock 4');
  expect(Docks.reserved).toContain('o-1');
});

test('without an answer in time the booking fails with 408, and the dock is free again', async () => {
  await expect(hurried.ingress.service(Dispatch).call.book('o-2', once)).rejects.toMatchObject({
    status: 408,
    response: {
      code: 'REA7033',
      message:
        'REA7033: Dispatch/book was not done within its deadline of 300 ms. What it was waiting for was given up. Allow more time, or do less in one go.',
    },
  });
  expect(hurried.get(Drivers).asked.has('o-2')).toBe(true);
  expect(Docks.reserved).not.toContain('o-2');
});

test('a quote that takes too long is made on request', async () => {
  const { quote } = app.ingress.service(Dispatch).call;
  const soon = { order: 'o-3', takes: { milliseconds: 5 }, patience: { hours: 1 } };
  expect(await quote(soon, once)).toBe('route of o-3: 40 EUR');
  const late = { order: 'o-4', takes: { hours: 1 }, patience: { milliseconds: 50 } };
  expect(await quote(late, once)).toBe('on request');
});
