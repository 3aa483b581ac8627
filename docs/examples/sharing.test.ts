import type { INestApplicationContext, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Ingress } from '@rea/ingress';
import { RestateServer } from '@rea/server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { applications } from './sharing.js';
import { Checkout, Returns } from './shop.js';

let server: RestateServer;
let modules: ReturnType<typeof applications>;
const open: INestApplicationContext[] = [];

beforeAll(async () => {
  server = await RestateServer.start();
  const { ingressUrl, adminUrl } = server;
  modules = applications({ ingressUrl, adminUrl });
});
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});
afterAll(() => server.stop());

async function start(module: Type): Promise<INestApplicationContext> {
  const built = await Test.createTestingModule({ imports: [module] }).compile();
  const app = built.createNestApplication({ logger: false });
  await app.init();
  open.push(app);
  return app;
}

async function services(): Promise<string[]> {
  const answer = await fetch(`${server.adminUrl}/services`);
  return ((await answer.json()) as { services: { name: string }[] }).services.map(({ name }) => name);
}

test('the applications of the guide share a server, and a component of another one is refused', async () => {
  const shop = await start(modules.ShopModule);
  const billing = await start(modules.BillingModule);
  await expect(start(modules.RefusedModule)).rejects.toMatchObject({ code: 'REA6030' });
  await start(modules.PreviewModule);
  expect(await services()).toEqual(
    expect.arrayContaining([
      'Checkout',
      'Returns',
      'rea.shop.DeadLetter',
      'rea.billing.DeadLetter',
      'pull-request-7.Checkout',
    ]),
  );
  expect(await shop.get(Ingress).service(Checkout).call.place('o1', { idempotencyKey: false })).toBe('placed o1');
  expect(await billing.get(Ingress).service(Returns).call.accept('o1', { idempotencyKey: false })).toBe('accepted o1');
});
