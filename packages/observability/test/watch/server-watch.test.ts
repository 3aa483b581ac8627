import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { Handler, RestateConnection, Service } from '@rea/core';
import { AdminClient } from '@rea/core/internal';
import { ObservabilityModule } from '@rea/observability';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { Pager } from '../support/pager.js';
import { scrape } from '../support/scrape.js';

@Service({ retryPolicy: { initialInterval: 10, maxAttempts: 1, onMaxAttempts: 'pause' } })
class Stuck {
  static isMended = false;

  @Handler()
  async work(_ctx: Context): Promise<void> {
    if (!Stuck.isMended) throw new Error('stuck');
  }
}

const PAUSED = 'rea_invocations_paused{service="Stuck",handler="work"}';

let app: ReaTestApp;
let url: string;
beforeAll(async () => {
  app = await createTestApp({
    imports: [ObservabilityModule.forRoot({ metrics: { path: '/observe/metrics' }, watch: { interval: 20 } })],
    providers: [Pager, Stuck],
  });
  await app.app.listen(0, '127.0.0.1');
  url = `${await app.app.getUrl()}/observe/metrics`;
});
afterAll(() => app?.close());

async function measured(series: string): Promise<number | undefined> {
  return (await scrape(url)).samples.get(series);
}

test('A paused invocation is told once by pause, and measured as long as it lasts', async () => {
  const { told } = app.get(Pager);
  const { invocationId } = await app.ingress.service(Stuck).send.work(undefined, { idempotencyKey: false });
  await eventually(async () => expect(await measured(PAUSED)).toBe(1));
  await eventually(() => expect(told).toHaveLength(1));
  expect(told).toEqual([
    {
      invocationId,
      service: 'Stuck',
      handler: 'work',
      key: undefined,
      error: { message: expect.stringContaining('stuck'), code: 500 },
    },
  ]);

  const admin = AdminClient.of(app.get(RestateConnection as never))!;
  await admin.resume(invocationId); // and it is stuck again
  await eventually(() => expect(told).toHaveLength(2));

  Stuck.isMended = true;
  await admin.resume(invocationId);
  await eventually(async () => expect(await measured(PAUSED)).toBeUndefined());
  expect(told).toHaveLength(2);
});

test('Dead letters are not measured where there are no sagas', async () => {
  expect(await measured('rea_dead_letters_open')).toBeUndefined();
});

test('A server that cannot be asked is logged once and counted', async () => {
  const warned: string[] = [];
  const spy = vi
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((message: unknown) => void warned.push(String(message)));
  const broken = createServer((_request, response) => response.writeHead(500).end('broken'));
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  const adminUrl = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  {
    await using _other = await createTestApp({
      imports: [ObservabilityModule.forRoot({ metrics: { path: false }, watch: { interval: 5 } })],
      providers: [Stuck],
      rea: { registration: false },
      server: { ingressUrl: adminUrl, adminUrl },
    });
    await eventually(async () => expect(await measured('rea_watch_failures_total')).toBeGreaterThan(2));
  }
  expect(warned.filter((message) => message.startsWith('REA9005'))).toHaveLength(1);
  spy.mockRestore();
  broken.close();
});
