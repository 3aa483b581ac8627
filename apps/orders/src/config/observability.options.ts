import { ConfigService } from '@nestjs/config';
import type { ObservabilityModuleOptions } from '@rea/observability';
import type { Settings } from './settings.js';

/** Metrics and logs always, traces where somebody takes them. The metrics are served beside those of the process. */
export function observabilityOptions(config: ConfigService<Settings, true>): ObservabilityModuleOptions {
  return {
    metrics: true,
    logs: true,
    traces: config.get('OTEL_EXPORTER_OTLP_ENDPOINT', { infer: true }) !== undefined,
  };
}
