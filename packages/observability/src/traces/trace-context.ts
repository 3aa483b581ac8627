import { type Context, propagation, type SpanContext, type TextMapGetter, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Request } from '@restatedev/restate-sdk';
import { ChainedContext } from './chained-context.js';

/** Restate speaks W3C, whatever the application has chosen for the systems that it calls. */
export const W3C = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});

const GETTER: TextMapGetter<ReadonlyMap<string, string | string[] | undefined>> = {
  get: (headers, name) => headers.get(name),
  keys: (headers) => [...headers.keys()],
};

/** Where an attempt's span belongs. */
export interface Origin {
  /** Has what the attempt's span is a child of; nothing, when that is not known. */
  readonly parent: Context;
  /** The server's own span, where it is in another trace. */
  readonly link?: SpanContext;
}

/**
 * Where an attempt belongs: below the server's own span, where the server exports spans; else below what the invocation was
 * called with. For a message the server begins another trace: then what it was sent with is the parent, too.
 */
export function originOf(request: Request): Origin {
  const called = W3C.extract(ChainedContext.ROOT, request.headers, GETTER);
  if (!request.attemptHeaders.has('traceparent')) return { parent: called };
  const attempted = W3C.extract(ChainedContext.ROOT, request.attemptHeaders, GETTER);
  const traceId = traceIdOf(called);
  const link = trace.getSpanContext(attempted);
  if (link && traceId !== undefined && traceId !== link.traceId) return { parent: called, link };
  const baggage = propagation.getBaggage(called);
  return { parent: baggage ? propagation.setBaggage(attempted, baggage) : attempted };
}

/** The trace that a context belongs to; undefined when it belongs to none. */
export function traceIdOf(context: Context): string | undefined {
  return trace.getSpanContext(context)?.traceId;
}

const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/;

/** The ids in a `traceparent` header. */
export function idsIn(
  headers: Readonly<Record<string, string>> | undefined,
): { readonly traceId: string; readonly spanId: string } | undefined {
  const [, traceId, spanId] = TRACEPARENT.exec(headers?.['traceparent'] ?? '') ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}
