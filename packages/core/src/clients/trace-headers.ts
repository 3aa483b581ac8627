import { hash } from 'node:crypto';
import type { Attempt } from '../invocation/attempt.js';

/** version, trace id, span id, flags. @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-([\da-f]{32})-[\da-f]{16}-([\da-f]{2})$/;

const HANDED_ON = ['tracestate', 'baggage'] as const;

/**
 * What a durable call hands on of the trace that its own invocation belongs to. Replay compares headers, so they are
 * made of nothing but the input and the order of calls: the same in every attempt, in a restarted copy, and whether this
 * process traces or not. Undefined when the invocation was called without a trace.
 */
export function traceHeaders(attempt: Attempt): Record<string, string> | undefined {
  const { headers, target } = attempt.request;
  const traceparent = headers.get('traceparent');
  const [, traceId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined) return undefined;
  const { service, handler, key = '' } = target;
  const from = [traceparent, service, key, handler, attempt.nextCall()].join('\n');
  const handedOn: Record<string, string> = { traceparent: `00-${traceId}-${spanId(from)}-${flags}` };
  for (const name of HANDED_ON) {
    const value = headers.get(name);
    if (value !== undefined) handedOn[name] = value;
  }
  return handedOn;
}

function spanId(from: string): string {
  return hash('sha256', from).slice(0, 16);
}
