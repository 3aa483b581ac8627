import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Packing, Purchase, type PurchaseInput, Robot, Watcher } from './workflows.js';

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Packing, Purchase, Robot, Watcher] });
});
afterAll(() => app?.close());

const input = (change: Partial<PurchaseInput> = {}): PurchaseInput => ({
  skus: ['tea', 'cup'],
  total: 20,
  packAt: Date.now() + 50,
  patience: 60_000,
  ...change,
});
const purchase = (id: string) => app.ingress.workflow(Purchase).of(id);

test('a small order is packed and shipped, although the robot jams, and tells how far it is', async () => {
  const robot = app.get(Robot);
  robot.jams = 2;
  const submitted = await purchase('small').submit(input());
  const watched = app.ingress.service(Watcher).call.untilShipped('small', { idempotencyKey: false });
  expect(await submitted.attach()).toBe('shipped tea and cup');
  expect(robot.packed).toEqual(['tea', 'cup']);
  expect(await watched).toMatchObject({ phase: 'shipped', progress: 1, completedSteps: ['tea', 'cup'] });
  expect(await purchase('small').submit(input())).toMatchObject({ accepted: false });
});

test('a large order waits for its approval', async () => {
  const submitted = await purchase('large').submit(input({ total: 5_000, skus: ['piano'] }));
  await expect.poll(async () => (await purchase('large').status()).phase).toBe('waiting for approval');
  await purchase('large').signal.decide('yes');
  expect(await submitted.attach()).toBe('shipped piano');
});

test('a large order that nobody approves in time is refused, and the late answer changes nothing', async () => {
  const submitted = await purchase('late').submit(input({ total: 5_000, patience: 50 }));
  expect(await submitted.attach()).toBe('refused');
  await purchase('late').signal.decide('yes');
  expect(await purchase('late').attach()).toBe('refused');
  expect(await purchase('late').status()).toMatchObject({ phase: 'refused', error: 'not approved' });
});

test('of two answers the first counts', async () => {
  const submitted = await purchase('race').submit(input({ total: 5_000 }));
  await purchase('race').signal.decide('no');
  await expect(purchase('race').signal.decide('yes')).rejects.toMatchObject({ status: 409 });
  expect(await submitted.attach()).toBe('refused');
});
