import { Controller, type DynamicModule } from '@nestjs/common';
import { loadPromClient, missing } from './prom-client.js';

/**
 * The module that serves the metrics at a path, together with those of the process itself.
 *
 * @throws ObservabilityError (`REA1060`) when its library is not installed
 */
export async function metricsRoute(path: string): Promise<DynamicModule> {
  const { register } = await loadPromClient();
  const { PrometheusController, PrometheusModule } = await import('@willsoto/nestjs-prometheus').catch(
    missing('@willsoto/nestjs-prometheus'),
  );
  /** Of its own, since the library writes the path onto the class. */
  @Controller()
  class MetricsController extends PrometheusController {}

  const hasDefaults = register.getSingleMetric('process_cpu_seconds_total') !== undefined;
  return PrometheusModule.register({ path, controller: MetricsController, defaultMetrics: { enabled: !hasDefaults } });
}
