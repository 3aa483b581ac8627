import { ConfigModule } from '@nestjs/config';
import { Handler, ReaEvents, Service } from '@rea/core';
import { ObservabilityModule } from '@rea/observability';
import { createTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { expect, test, vi } from 'vitest';
import { Alerts } from './alerts.js';
import { ConfiguredModule } from './async.module.js';
import { Parcels } from './parcels.service.js';

@Service({ retryPolicy: { maxAttempts: 1, onMaxAttempts: 'pause' } })
class Stuck {
  @Handler()
  async work(_ctx: Context): Promise<void> {
    throw new Error('no more labels');
  }
}

test('a parcel is counted once', async () => {
  await using app = await createTestApp({
    imports: [ObservabilityModule.forRoot({ metrics: true })],
    providers: [Parcels],
  });
  await app.app.listen(0, '127.0.0.1');
  const parcels = app.ingress.service(Parcels);
  await parcels.call.send({ carrier: 'owl', kilograms: 2 }, { idempotencyKey: 'p-1' });
  const url = `${await app.app.getUrl()}/metrics`;
  await vi.waitFor(async () => {
    const text = await (await fetch(url)).text();
    expect(text).toContain('shop_parcels_total{carrier="owl"} 1\n');
    expect(text).toContain('shop_parcel_kilograms_bucket{le="5"} 1\n');
    expect(text).toContain(
      'rea_invocations_total{service="Parcels",handler="send",plane="data",outcome="completed"} 1\n',
    );
  });
});

test('options may come from the environment', async () => {
  vi.stubEnv('METRICS', 'on');
  await using app = await createTestApp({ imports: [ConfigModule.forRoot(), ConfiguredModule] });
  await app.app.listen(0, '127.0.0.1');
  expect((await fetch(`${await app.app.getUrl()}/internal/metrics`)).status).toBe(200);
  vi.unstubAllEnvs();
});

test('alerts are posted', async () => {
  await using app = await createTestApp({
    imports: [ObservabilityModule.forRoot({ watch: { interval: 20 } })],
    providers: [Alerts, Stuck],
  });
  const { posted } = app.get(Alerts);
  const events = app.get(ReaEvents);
  const saga = { invocationId: 'inv_1', service: 'Trips', handler: 'book', key: 'trip-1', saga: 'trip' };
  events.publish('saga-ended', () => ({ ...saga, status: 'rolled-back' as const }));
  events.publish('saga-ended', () => ({ ...saga, status: 'incomplete' as const }));
  await app.ingress.service(Stuck).send.work(undefined, { idempotencyKey: false });
  await vi.waitFor(() =>
    expect(posted).toEqual([
      'The saga trip of trip-1 could not be undone.',
      expect.stringMatching(/^Stuck\/work inv_\w+ waits for an operator: .*no more labels/),
    ]),
  );
});
