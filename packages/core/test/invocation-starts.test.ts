import { expect, test } from 'vitest';
import { InvocationStarts } from '../src/invocation/invocation-starts.js';

test('an invocation begins once, also when a second attempt comes before the first has noticed its end', () => {
  const starts = new InvocationStarts();
  expect(starts.begin('inv_a')).toBe(true);
  expect(starts.begin('inv_a')).toBe(false);
  expect(starts.begin('inv_b')).toBe(true);
  starts.end('inv_a');
  expect(starts.begin('inv_a')).toBe(true);
});

test('what goes on elsewhere is forgotten one day', () => {
  const starts = new InvocationStarts();
  for (let count = 0; count <= 10_000; count += 1) starts.begin(`inv_${count}`);
  expect(starts.begin('inv_0')).toBe(true);
  expect(starts.begin('inv_10000')).toBe(false);
});
