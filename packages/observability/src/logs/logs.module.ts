import { Module } from '@nestjs/common';
import { OBSERVABILITY_OPTIONS, type ObservabilityModuleOptions } from '../observability.options.js';
import { TRACING } from '../traces/spans.js';
import { TracesModule } from '../traces/traces.module.js';
import type { Tracing } from '../traces/tracing.js';
import { Logging } from './logging.js';
import { LOGGING, LoggingConnection } from './logging.service.js';

function createLogging({ logs = false }: ObservabilityModuleOptions, tracing?: Tracing): Logging | undefined {
  return logs === false ? undefined : new Logging(tracing && (() => tracing.traceId));
}

/** Logs of handlers and of the SDK, through the application's own pino. */
@Module({
  imports: [TracesModule],
  providers: [
    { provide: LOGGING, useFactory: createLogging, inject: [OBSERVABILITY_OPTIONS, TRACING] },
    LoggingConnection,
  ],
  exports: [LOGGING],
})
export class LogsModule {}
