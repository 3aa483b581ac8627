import { context, trace } from '@opentelemetry/api';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { ReaContextManager, ReaIdGenerator } from '@rea/observability/tracing';
import { observed } from './observed-modules.js';
import { ProfileObject } from './profile.object.js';
import { openRea } from './rea-endpoint.js';
import { SagaService } from './saga.service.js';
import type { OpenEndpoint, SubjectId } from './subject.js';
import { WorkloadService } from './workload.service.js';

/** Takes each batch and forgets it: what sending costs is the exporter's. */
const NOWHERE: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: async () => undefined,
};

/** Rea as it is by default, with metrics, logs at info, and a span for everything. */
export function open(id: SubjectId): Promise<OpenEndpoint> {
  context.setGlobalContextManager(new ReaContextManager().enable());
  const spanProcessors = [new BatchSpanProcessor({ exporter: NOWHERE })];
  trace.setGlobalTracerProvider(new TracerProvider({ idGenerator: new ReaIdGenerator(), spanProcessors }));
  const all = observed({ logs: true, traces: true });
  return openRea(id, 'warn', [WorkloadService, ProfileObject, SagaService], all);
}
