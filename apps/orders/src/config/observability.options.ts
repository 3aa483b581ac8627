import { ConfigService } from '@nestjs/config';
import type { ObservabilityModuleOptions } from '@rea/observability';
import type { Settings } from './settings.js';

/** Logs always, traces where somebody takes them. */
export function observabilityOptions(config: ConfigService<Settings, true>): ObservabilityModuleOptions {
  return { logs: true, traces: config.get('OTEL_EXPORTER_OTLP_ENDPOINT', { infer: true }) !== undefined };
}
