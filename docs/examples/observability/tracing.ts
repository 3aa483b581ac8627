// #region setup
import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ReaContextManager, ReaIdGenerator } from '@rea/observability/tracing';

context.setGlobalContextManager(new ReaContextManager().enable());
trace.setGlobalTracerProvider(
  new TracerProvider({
    idGenerator: new ReaIdGenerator(), // durable calls become parents of what they call
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })], // OTEL_EXPORTER_OTLP_ENDPOINT
  }),
);
registerInstrumentations({ instrumentations: [new HttpInstrumentation()] });
// #endregion setup
