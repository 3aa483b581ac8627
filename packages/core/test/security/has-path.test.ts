import { expect, test } from 'vitest';
import { hasPath, pathOf } from '../../src/security/inbound-request.js';

test.each([
  '/invoke/Cart/addItem',
  '/discover',
  '/',
  '/_',
  '/-',
  '/%',
  '/%2f%2f',
  '/a//b',
  '/a\\b?c#d',
  '//',
  '//host/path',
  '/\\',
  '/\t/',
  '/\n/x',
  '/./x',
  '',
  'x',
  'https://example.com/x',
  'https://',
  'http:x',
  '?a=b',
  'foo://host',
  '/ä',
  '/\u0000',
])('tells of %j whether it has a path, as the parser of URLs does', (url) => {
  expect(hasPath(url)).toBe(pathOf(url) !== '');
});

test('takes a missing URL for the root', () => expect(hasPath(undefined)).toBe(true));
