import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp } from '@rea/testing';
import { expect, test } from 'vitest';
import { HealthModule } from './health.controller.js';
import { Parcels } from './parcels.service.js';

test('an application that is well says so', async () => {
  await using app = await createTestApp({
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot(), HealthModule],
    providers: [Parcels],
  });
  await app.app.listen(0, '127.0.0.1');
  const response = await fetch(`${await app.app.getUrl()}/health/ready`);
  const { status, details } = (await response.json()) as { status: string; details: object };
  expect([response.status, status]).toEqual([200, 'ok']);
  expect(Object.keys(details)).toEqual(['restate', 'endpoint', 'registration', 'deadLetters']);
});
