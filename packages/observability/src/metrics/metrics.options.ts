import type { OptionShape } from '@rea/core/internal';
/** Options of `ObservabilityModule.forRoot({ metrics })`. */
export interface MetricsOptions {
  /**
   * Where this application serves its metrics, or `false`: its own `PrometheusModule` does, or nothing. Default
   * `/metrics`. With `forRootAsync` it is `metricsPath`, beside the factory: routes are fixed before that runs.
   */
  readonly path?: string | false;
}

export const METRICS_SHAPE: OptionShape<MetricsOptions> = { path: true };
