import { hash } from 'node:crypto';
import type { Attempt } from '../invocation/attempt.js';

/** version, trace id, span id, flags. @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-([\da-f]{32})-[\da-f]{16}-([\da-f]{2})$/;

const HANDED_ON = ['tracestate', 'baggage'] as const;

/**
 * Carries the sender's span, as `traceparent` does, with a message that begins a trace of its own. Part of the journal: it
 * never changes.
 */
export const TRACE_LINK_HEADER = 'x-rea-trace-link';

/**
 * What a durable call hands on of the trace that its own invocation belongs to. Replay compares headers, so they are
 * made of nothing but the input and the order of calls: the same in every attempt, in a restarted copy, and whether this
 * process traces or not. Undefined when the invocation was called without a trace.
 *
 * @param begins whether the message begins a trace of its own, which is linked to this one: without it a handler that
 *   wakes itself again and again is one trace without an end, with the baggage of whoever began it
 */
export function traceHeaders(attempt: Attempt, begins: boolean): Record<string, string> | undefined {
  const { headers, target } = attempt.request;
  const traceparent = headers.get('traceparent');
  const [, traceId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined) return undefined;
  const { service, handler, key = '' } = target;
  const from = [traceparent, service, key, handler, attempt.nextCall()].join('\n');
  const own = `00-${traceId}-${spanId(from)}-${flags}`;
  if (begins) {
    return { traceparent: `00-${newTraceId(from)}-${spanId(from)}-${flags}`, [TRACE_LINK_HEADER]: own };
  }
  const handedOn: Record<string, string> = { traceparent: own };
  for (const name of HANDED_ON) {
    const value = headers.get(name);
    if (value !== undefined) handedOn[name] = value;
  }
  return handedOn;
}

function spanId(from: string): string {
  return hash('sha256', from).slice(0, 16);
}

function newTraceId(from: string): string {
  return hash('sha256', `trace\n${from}`).slice(0, 32);
}
