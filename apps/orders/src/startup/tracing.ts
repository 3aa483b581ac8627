import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ReaContextManager, ReaIdGenerator } from '@rea/observability/tracing';

/** Sets OpenTelemetry up; before the HTTP server is loaded, or its requests have no spans. */
export function startTracing(): void {
  const spanProcessors = [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })];
  context.setGlobalContextManager(new ReaContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ idGenerator: new ReaIdGenerator(), spanProcessors }));
  registerInstrumentations({ instrumentations: [new HttpInstrumentation()] });
}
