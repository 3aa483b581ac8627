import type { OptionShape } from '@rea/core/internal';
import { HEALTH_SHAPE, type HealthOptions } from './health/health.options.js';
import { HOOKS_SHAPE, type HooksOptions } from './hooks/hooks.options.js';
import type { LogsOptions } from './logs/logs.options.js';
import { METRICS_SHAPE, type MetricsOptions } from './metrics/metrics.options.js';
import type { TracesOptions } from './traces/traces.options.js';
import { WATCH_SHAPE, type WatchOptions } from './watch/watch.options.js';

/** The options, checked. */
export const OBSERVABILITY_OPTIONS = Symbol('OBSERVABILITY_OPTIONS');

/** Options of `ObservabilityModule.forRoot`. A part that is not named is off and costs nothing. */
export interface ObservabilityModuleOptions {
  /** Prometheus metrics; needs `prom-client` and `@willsoto/nestjs-prometheus`. Default off. */
  readonly metrics?: boolean | MetricsOptions;
  /** How `@OnReaEvent` methods are called; they are called without this too. */
  readonly hooks?: HooksOptions;
  /**
   * How often the server is asked for paused invocations and open dead letters, or `false`: never. It is asked while
   * metrics are on or somebody listens to `invocation-paused`, where the admin API is known.
   */
  readonly watch?: false | WatchOptions;
  /**
   * Spans of what handlers do; needs `@opentelemetry/api`, `@opentelemetry/core` and
   * `@restatedev/restate-sdk-opentelemetry`, and OpenTelemetry set up with the `ReaIdGenerator`. Default off.
   */
  readonly traces?: boolean | TracesOptions;
  /** Logs of handlers and of the SDK through `nestjs-pino`, whose `LoggerModule` the application imports. Default off. */
  readonly logs?: boolean | LogsOptions;
  /** How `ReaHealth` asks. It can be injected without this, too. */
  readonly health?: boolean | HealthOptions;
}

/** The names of the options of `ObservabilityModule`, however deep. */
export const OBSERVABILITY_SHAPE: OptionShape<ObservabilityModuleOptions> = {
  metrics: METRICS_SHAPE,
  hooks: HOOKS_SHAPE,
  watch: WATCH_SHAPE,
  traces: {},
  logs: {},
  health: HEALTH_SHAPE,
};
