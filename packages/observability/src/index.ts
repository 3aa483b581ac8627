/**
 * Metrics, hooks, traces, logs and health of durable NestJS handlers on Restate.
 *
 * @packageDocumentation
 */
export type { HealthOptions } from './health/health.options.js';
export { type DeadLetterHealthOptions, ReaHealth, type ReaHealthResult } from './health/rea-health.js';
export type { HooksOptions } from './hooks/hooks.options.js';
export { type HookMethod, OnReaEvent } from './hooks/on-rea-event.decorator.js';
export type { LogsOptions } from './logs/logs.options.js';
export type { MetricsOptions } from './metrics/metrics.options.js';
export { ObservabilityError } from './observability.errors.js';
export { ObservabilityModule } from './observability.module.js';
export type { ObservabilityOptionsFactory } from './observability.module-definition.js';
export type { ObservabilityModuleOptions } from './observability.options.js';
export { type SpanAttributes, Spans } from './traces/spans.js';
export type { TracesOptions } from './traces/traces.options.js';
export { ReaMetrics } from './user/rea-metrics.js';
export type {
  CounterOptions,
  HistogramOptions,
  Labelled,
  MetricLabels,
  ReaCounter,
  ReaHistogram,
} from './user/user-metric.types.js';
export type { WatchOptions } from './watch/watch.options.js';
