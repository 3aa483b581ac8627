import { Logger } from '@nestjs/common';
import { type Context, type Span, type SpanOptions, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { asText } from '@rea/core/internal';
import { type GivenIds, withIds } from './id-generator.js';

/** Starts spans; some with ids that are known before. */
export class SpanMaker {
  private readonly logger = new Logger('Rea');
  private isChecked = false;

  constructor(private readonly tracer: Tracer) {}

  start(name: string, options: SpanOptions, parent: Context, ids: GivenIds = {}): Span {
    if (ids.spanId === undefined && ids.traceId === undefined) return this.tracer.startSpan(name, options, parent);
    const span = withIds(ids, () => this.tracer.startSpan(name, options, parent));
    if (!this.isChecked && ids.spanId !== undefined && span.isRecording()) this.check(span, ids.spanId);
    return span;
  }

  private check(span: Span, spanId: string): void {
    this.isChecked = true;
    if (span.spanContext().spanId === spanId) return;
    this.logger.warn(
      "REA9010: OpenTelemetry has no ReaIdGenerator: spans of handlers are in the caller's trace, but not below the span of the call. Give it to the SDK: new NodeSDK({ idGenerator: new ReaIdGenerator() }), from '@rea/observability/tracing'.",
    );
  }
}

/** Ends a span. @param error why what it stands for has failed */
export function endSpan(span: Span, error?: unknown): void {
  if (error !== undefined) {
    const exception = error instanceof Error ? error : new Error(asText(error));
    span.recordException(exception);
    span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
  }
  span.end();
}

/** As {@link endSpan}, for a span around others, of which one has recorded the error: its stack is long, and costs time. */
export function endOuterSpan(span: Span, error?: unknown): void {
  if (error !== undefined) {
    const message = error instanceof Error ? error.message : asText(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  span.end();
}
