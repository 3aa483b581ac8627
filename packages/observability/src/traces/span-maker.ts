import { Logger } from '@nestjs/common';
import {
  type Context,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { errorOf, messageOf } from '@rea/core/internal';
import { type GivenIds, withIds } from './id-generator.js';

const logger = new Logger('Rea');

let isReported = false;

/** Tells once that OpenTelemetry, or what the application has given it, has thrown: no handler may fail of it. */
export function reportBroken(error: unknown): void {
  if (isReported) return;
  isReported = true;
  logger.error(
    'REA9012: OpenTelemetry has thrown where a span begins or ends; the handler goes on, and spans are missing. Look at the span processors and samplers that it is set up with. This is told once.',
    errorOf(error).stack,
  );
}

/** Starts spans; some with ids that are known before. */
export class SpanMaker {
  private isChecked = false;

  constructor(private readonly tracer: Tracer) {}

  /** Never throws: where OpenTelemetry does, there is no span, and what would be below it is below its parent. */
  start(name: string, options: SpanOptions, parent: Context, ids: GivenIds = {}): Span {
    try {
      if (ids.spanId === undefined && ids.traceId === undefined) return this.tracer.startSpan(name, options, parent);
      const span = withIds(ids, () => this.tracer.startSpan(name, options, parent));
      if (!this.isChecked && ids.spanId !== undefined && span.isRecording()) this.check(span, ids.spanId);
      return span;
    } catch (error) {
      reportBroken(error);
      return trace.wrapSpanContext(trace.getSpanContext(parent) ?? INVALID_SPAN_CONTEXT);
    }
  }

  private check(span: Span, spanId: string): void {
    this.isChecked = true;
    if (span.spanContext().spanId === spanId) return;
    logger.warn(
      "REA9010: OpenTelemetry has no ReaIdGenerator: spans of handlers are in the caller's trace, but not below the span of the call. Give it to the SDK: new NodeSDK({ idGenerator: new ReaIdGenerator() }), from '@rea/observability/tracing'.",
    );
  }
}

/** Ends a span; never throws. @param error why what it stands for has failed */
export function endSpan(span: Span, error?: unknown): void {
  if (error !== undefined) span.recordException(errorOf(error));
  endOuterSpan(span, error);
}

/** As {@link endSpan}, for a span around others, of which one has recorded the error: its stack is long, and costs time. */
export function endOuterSpan(span: Span, error?: unknown): void {
  if (error !== undefined) {
    const message = messageOf(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  try {
    span.end();
  } catch (broken) {
    reportBroken(broken);
  }
}
