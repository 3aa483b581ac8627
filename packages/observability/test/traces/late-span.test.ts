import { INVALID_SPAN_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { type ReadableSpan, SimpleSpanProcessor, InMemorySpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { beforeEach, expect, test } from 'vitest';
import { LateSpan } from '../../src/traces/late-span.js';

const exporter = new InMemorySpanExporter();
const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('test');
const outer = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 });

let isReplaying = true;
let begun = 0;
beforeEach(() => {
  isReplaying = true;
  begun = 0;
  exporter.reset();
});

function late(): LateSpan {
  const start = (startTime: number) => {
    begun += 1;
    return tracer.startSpan('late', { startTime });
  };
  return new LateSpan(outer, () => isReplaying, start);
}

const milliseconds = ([seconds, nanoseconds]: ReadableSpan['startTime']) => seconds * 1e3 + nanoseconds / 1e6;

test('stands for the span that it is in until it begins, and begins once', () => {
  const span = late();
  expect(span.isRecording()).toBe(false);
  expect(span.spanContext()).toEqual(outer.spanContext());
  expect(
    new LateSpan(
      undefined,
      () => true,
      () => outer,
    ).spanContext(),
  ).toEqual(INVALID_SPAN_CONTEXT);
  span.begin();
  span.begin();
  expect(begun).toBe(1);
  expect(span.isRecording()).toBe(true);
  expect(span.spanContext()).not.toEqual(outer.spanContext());
});

test('never begins where nothing is told in it', () => {
  late().setAttribute('a', 1).end();
  expect(begun).toBe(0);
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test('has what it was given before and after it began, and the time when it was made', async () => {
  const before = Date.now();
  const span = late();
  span
    .setAttributes({ a: 1 })
    .updateName('named')
    .addLinks([{ context: outer.spanContext() }]);
  await expect.poll(() => Date.now()).toBeGreaterThan(before + 5);
  span.begin();
  span.setAttribute('b', 2).setStatus({ code: SpanStatusCode.ERROR, message: 'broken' }).end();
  const [told] = exporter.getFinishedSpans();
  expect(told).toMatchObject({ name: 'named', attributes: { a: 1, b: 2 }, status: { message: 'broken' } });
  expect(told!.links).toHaveLength(1);
  expect(milliseconds(told!.startTime)).toBeLessThan(before + 5);
  expect(milliseconds(told!.duration)).toBeGreaterThan(0);
});

test('has the events of what is new, at their times, and none that a replay repeats', () => {
  const span = late();
  span.addEvent('repeated', { a: 1 }).recordException(new Error('repeated'));
  isReplaying = false;
  span.addEvent('plain').addEvent('with attributes', { a: 1 }).addEvent('at a time', new Date(5_000));
  span.addEvent('with both', { a: 2 }, 6_000).recordException(new Error('broken'), 7_000);
  span.begin();
  span.end();
  const { events } = exporter.getFinishedSpans()[0]!;
  expect(events.map(({ name, attributes }) => [name, attributes?.['a'] ?? attributes?.['exception.message']])).toEqual([
    ['plain', undefined],
    ['with attributes', 1],
    ['at a time', undefined],
    ['with both', 2],
    ['exception', 'broken'],
  ]);
  expect(milliseconds(events[0]!.time)).toBeGreaterThan(Date.now() - 10_000);
  expect(milliseconds(events[2]!.time)).toBe(5_000);
});
