/** Options of `ObservabilityModule.forRoot({ metrics })`. */
export interface MetricsOptions {
  /**
   * Where this application serves its metrics, or `false`: its own `PrometheusModule` does, or nothing. Default
   * `/metrics`. With `forRootAsync` give `metricsPath` beside the factory instead: routes are fixed before it runs.
   */
  readonly path?: string | false;
}
