import { Injectable } from '@nestjs/common';
import { ObservabilityModule, OnReaEvent } from '@rea/observability';
import { createTestApp } from '@rea/testing';
import { register } from 'prom-client';

/** A metric as it is registered. */
export interface RegisteredMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

@Injectable()
class AnyHook {
  @OnReaEvent('error')
  tell(): void {}
}

/** Every metric of Rea, as an application registers them that has all parts on. */
export async function registeredMetrics(): Promise<Map<string, RegisteredMetric>> {
  await using _app = await createTestApp({
    imports: [ObservabilityModule.forRoot({ metrics: true })],
    providers: [AnyHook],
  });
  const metrics = await register.getMetricsAsJSON();
  return new Map(
    metrics
      .filter(({ name }) => name.startsWith('rea_'))
      .map(({ name, type, help }) => {
        const { labelNames } = register.getSingleMetric(name) as unknown as { readonly labelNames: readonly string[] };
        return [name, { name, type: String(type), help, labels: labelNames }];
      }),
  );
}
