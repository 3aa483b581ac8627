import { randomBytes } from 'node:crypto';
import { type Context, propagation, type SpanContext, type TextMapGetter, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { TRACE_LINK_HEADER } from '@rea/core/internal';
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
  /** Has what the attempt's span is a child of; nothing, when that is not known, or the attempt begins a trace. */
  readonly parent: Context;
  /** The sender's span and the server's own, where they are in other traces. */
  readonly links: readonly SpanContext[];
  /** Of the trace that a message begins; all attempts are in it. */
  readonly traceId?: string;
}

/**
 * Where an attempt belongs: below the server's own span, where the server exports spans; else below what the invocation was
 * called with. For a message the server begins another trace: then what it was sent with is the parent, too. A message that
 * begins a trace of its own is linked to what it was sent by.
 */
export function originOf(request: Request): Origin {
  const called = W3C.extract(ChainedContext.ROOT, request.headers, GETTER);
  const traceId = traceIdOf(called);
  const sender = request.headers.get(TRACE_LINK_HEADER);
  if (sender !== undefined && traceId !== undefined) {
    const links = [new Map([['traceparent', sender]]), request.attemptHeaders].flatMap(
      (headers) => trace.getSpanContext(W3C.extract(ChainedContext.ROOT, headers, GETTER)) ?? [],
    );
    return { parent: ChainedContext.ROOT, links, traceId };
  }
  if (!request.attemptHeaders.has('traceparent')) return { parent: called, links: [] };
  const attempted = W3C.extract(ChainedContext.ROOT, request.attemptHeaders, GETTER);
  const link = trace.getSpanContext(attempted);
  if (link && traceId !== undefined && traceId !== link.traceId) return { parent: called, links: [link] };
  const baggage = propagation.getBaggage(called);
  return { parent: baggage ? propagation.setBaggage(attempted, baggage) : attempted, links: [] };
}

/** Headers with which a message begins a trace of its own, linked to the one that the given headers are of. */
export function withNewTrace(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { traceparent } = headers;
  const [, traceId] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceparent === undefined || traceId === undefined) return {};
  return {
    traceparent: traceparent.replace(traceId, randomBytes(16).toString('hex')),
    [TRACE_LINK_HEADER]: traceparent,
  };
}

/** The trace that a context belongs to; undefined when it belongs to none. */
export function traceIdOf(context: Context): string | undefined {
  return trace.getSpanContext(context)?.traceId;
}

const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/;

/** The ids in the value of a `traceparent` header. */
export function idsIn(
  traceparent: string | undefined,
): { readonly traceId: string; readonly spanId: string } | undefined {
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}
