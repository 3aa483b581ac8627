import { Module } from '@nestjs/common';
import { loadPart } from '../load-part.js';
import { OBSERVABILITY_OPTIONS, type ObservabilityModuleOptions } from '../observability.options.js';
import { SpanFlush } from './span-flush.service.js';
import { Spans, TRACING } from './spans.js';
import type { Tracing } from './tracing.js';

const PACKAGES = ['@opentelemetry/api', '@opentelemetry/core', '@restatedev/restate-sdk-opentelemetry'];

async function createTracing({ traces = false }: ObservabilityModuleOptions): Promise<Tracing | undefined> {
  if (traces === false) return undefined;
  const { Tracing } = await loadPart('traces', PACKAGES, () => import('./tracing.js'));
  return new Tracing();
}

/** Traces: spans of Rea's own, and {@link Spans} for those of the application. */
@Module({
  providers: [{ provide: TRACING, useFactory: createTracing, inject: [OBSERVABILITY_OPTIONS] }, Spans, SpanFlush],
  exports: [TRACING, Spans],
})
export class TracesModule {}
