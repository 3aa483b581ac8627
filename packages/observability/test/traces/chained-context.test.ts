import { createContextKey, propagation, trace } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { ChainedContext } from '../../src/traces/chained-context.js';

const KEY = createContextKey('key');
const OTHER = createContextKey('other');
const SPAN = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });

test('a context is not changed by what is made of it', () => {
  const first = ChainedContext.ROOT.setValue(KEY, 1);
  const second = first.setValue(KEY, 2).setValue(OTHER, 3);
  const without = second.deleteValue(KEY);
  expect([first, second, without].map((each) => [each.getValue(KEY), each.getValue(OTHER)])).toEqual([
    [1, undefined],
    [2, 3],
    [undefined, 3],
  ]);
  expect(ChainedContext.ROOT.getValue(KEY)).toBeUndefined();
  expect(without.setValue(KEY, 4).getValue(KEY)).toBe(4);
});

test("OpenTelemetry's own functions make further ones of it, and find in it what they put there", () => {
  const baggage = propagation.createBaggage({ tenant: { value: 'a' } });
  const made = propagation.setBaggage(trace.setSpan(ChainedContext.ROOT, SPAN), baggage);
  expect(made).toBeInstanceOf(ChainedContext);
  expect(trace.getSpan(made)).toBe(SPAN);
  expect(propagation.getBaggage(made)).toBe(baggage);
  expect(trace.getSpan(trace.deleteSpan(made))).toBeUndefined();
});
