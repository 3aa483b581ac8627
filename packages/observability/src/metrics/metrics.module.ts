import { Module } from '@nestjs/common';
import { OBSERVABILITY_OPTIONS, type ObservabilityModuleOptions } from '../observability.options.js';
import { MetricRegistry } from './metric-registry.js';
import { MetricsRecorder } from './metrics-recorder.service.js';
import { loadPromClient } from './prom-client.js';

/** The series of Rea. {@link MetricRegistry} is undefined while metrics are off. */
@Module({
  providers: [
    {
      provide: MetricRegistry,
      useFactory: async ({ metrics = false }: ObservabilityModuleOptions) =>
        metrics === false ? undefined : new MetricRegistry(await loadPromClient()),
      inject: [OBSERVABILITY_OPTIONS],
    },
    MetricsRecorder,
  ],
  exports: [MetricRegistry],
})
export class MetricsModule {}
