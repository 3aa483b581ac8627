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
  const url = await app.app.getUrl();
  const indicators = async (route: string) => {
    const response = await fetch(`${url}/health/${route}`);
    const { status, details } = (await response.json()) as { status: string; details: object };
    expect([response.status, status]).toEqual([200, 'ok']);
    return Object.keys(details);
  };
  expect(await indicators('ready')).toEqual(['endpoint', 'restate']);
  expect(await indicators('alerts')).toEqual(['registration', 'deadLetters']);
});
