import { Writable } from 'node:stream';
import type { DynamicModule } from '@nestjs/common';
import { ObservabilityModule, type ObservabilityModuleOptions } from '@rea/observability';
import { LoggerModule } from 'nestjs-pino';

/** Metrics and what else is named; its output goes nowhere. */
export function observed(more: ObservabilityModuleOptions): DynamicModule[] {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return [
    LoggerModule.forRoot({ pinoHttp: [{ level: 'info' }, nowhere] }),
    ObservabilityModule.forRoot({ metrics: { path: false }, ...more }),
  ];
}
