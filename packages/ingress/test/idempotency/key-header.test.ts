import { describe, expect, test } from 'vitest';
import { readKeyHeader } from '../../src/idempotency/key-header.js';
import { fingerprintOf } from '../../src/idempotency/request-fingerprint.js';

describe('The header Idempotency-Key', () => {
  test.each([
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['  "a"  ', 'a'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['"a,b;c"', 'a,b;c'],
    ['"a"; v=1;w', 'a'],
    ['order/7:1@x', 'order/7:1@x'],
    [`"${'k'.repeat(256)}"`, 'k'.repeat(256)],
  ])('%s is the key %s', (header, key) => {
    expect(readKeyHeader(header)).toEqual({ key, problem: undefined });
  });

  test.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['""', 'is empty'],
    ['"abc', 'is no quoted text of visible ASCII'],
    ['abc"', 'is no quoted text of visible ASCII'],
    ['"a" "b"', 'is no quoted text of visible ASCII'],
    ['"a", "b"', 'is no quoted text of visible ASCII'],
    ['a, b', 'is no quoted text of visible ASCII'],
    ['a;b', 'is no quoted text of visible ASCII'],
    ['"a\\b"', 'is no quoted text of visible ASCII'],
    ['"a b"', 'is no quoted text of visible ASCII'],
    ['größe', 'is no quoted text of visible ASCII'],
    ['"a\u0000"', 'is no quoted text of visible ASCII'],
    ['k'.repeat(257), 'has more than 256 characters'],
    [`"${'k'.repeat(257)}"`, 'has more than 256 characters'],
  ])('%j is malformed', (header, problem) => {
    expect(readKeyHeader(header).problem).toBe(problem);
  });

  test('of any length is read at once', () => {
    const began = performance.now();
    for (const header of [
      '"' + '\\"'.repeat(50_000),
      '"a"' + ' ;a=b'.repeat(50_000) + '!',
      ' '.repeat(100_000) + '"',
    ]) {
      expect(readKeyHeader(header).problem).toBeDefined();
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('The fingerprint of a request', () => {
  const request = { method: 'POST', originalUrl: '/a?b=1', body: { x: 1, y: [{ b: 2, a: 1 }] } };

  test('is the same whatever the order of the fields', () => {
    const other = { ...request, body: { y: [{ a: 1, b: 2 }], x: 1 } };
    expect(fingerprintOf(other)).toBe(fingerprintOf(request));
    expect(fingerprintOf(request)).toMatch(/^[\da-f]{32}$/);
  });

  test.each([
    { ...request, method: 'PUT' },
    { ...request, originalUrl: '/a?b=2' },
    { ...request, body: { x: 1, y: [{ b: 2, a: 2 }] } },
    { ...request, body: { x: '1', y: [{ b: 2, a: 1 }] } },
    { ...request, body: undefined },
    { ...request, body: null },
    { ...request, body: 'text' },
    { ...request, body: Buffer.from('bytes') },
  ])('is another for another method, URL or body', (other) => {
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(request));
  });
});
