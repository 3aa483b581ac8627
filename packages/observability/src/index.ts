/**
 * Metrics, hooks, traces, logs and health of durable NestJS handlers on Restate.
 *
 * @packageDocumentation
 */
export type { HealthOptions } from './health/health.options.js';
export type { HooksOptions } from './hooks/hooks.options.js';
export type { LogsOptions } from './logs/logs.options.js';
export type { MetricsOptions } from './metrics/metrics.options.js';
export { MissingPackageError } from './missing-package.error.js';
export { ObservabilityModule } from './observability.module.js';
export type { ObservabilityOptionsFactory } from './observability.module-definition.js';
export type { ObservabilityModuleOptions } from './observability.options.js';
export { type SpanAttributes, Spans } from './traces/spans.js';
export type { TracesOptions } from './traces/traces.options.js';
