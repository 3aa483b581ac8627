import { expect, test } from 'vitest';
import { AddressList } from '../../src/security/address-list.js';
import { callerAddress, cameOverHttps } from '../../src/security/caller.js';
import type { InboundRequest } from '../../src/security/inbound-request.js';

test.each<[list: string[], address: string | undefined, included: boolean]>([
  [['10.0.0.7'], '10.0.0.7', true],
  [['10.0.0.7'], '10.0.0.8', false],
  [['10.0.0.0/8'], '10.255.1.2', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['0.0.0.0/0'], '203.0.113.9', true],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['10.0.0.0/8'], '::FFFF:10.1.2.3', true],
  [['::1'], '::1', true],
  [['::1'], '0:0:0:0:0:0:0:1', true],
  [['fd00::/8'], 'fd12:3456::1', true],
  [['fd00::/8'], 'fe80::1', false],
  [['fe80::/10'], 'fe80::1%eth0', true],
  [['::ffff:10.0.0.7'], '10.0.0.7', true],
  [['10.0.0.7'], undefined, false],
  [['10.0.0.7'], '', false],
  [['10.0.0.7'], 'unknown', false],
  [['10.0.0.7'], '10.0.0.7, 1.2.3.4', false],
  [[], '127.0.0.1', false],
])('%j holds %s: %s', (list, address, included) => {
  expect(new AddressList(list).includes(address)).toBe(included);
});

test.each([
  '',
  '10.0.0',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/a',
  '10.0.0.0/8/8',
  'localhost',
  '10.0.0.0/-1',
])('%j is neither an address nor a network', (entry) => {
  expect(() => new AddressList([entry])).toThrow(RangeError);
});

function request(peer: string | undefined, headers: Record<string, string> = {}, encrypted = false): InboundRequest {
  const body = { next: () => Promise.resolve({ done: true as const, value: undefined }) };
  return { path: '/', peer, encrypted, body, header: (name) => headers[name] };
}
const proxies = new AddressList(['10.0.0.0/8', '::1']);

test.each<[peer: string | undefined, forwarded: string | undefined, caller: string | undefined]>([
  ['203.0.113.9', undefined, '203.0.113.9'],
  // Who is no proxy says what he likes.
  ['203.0.113.9', '192.0.2.1', '203.0.113.9'],
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['::ffff:10.0.0.1', '192.0.2.1', '192.0.2.1'],
  // What stands before the last stranger is that stranger's word.
  ['10.0.0.1', '198.51.100.1, 192.0.2.1', '192.0.2.1'],
  ['10.0.0.1', '192.0.2.1, 10.0.0.2, ::1', '192.0.2.1'],
  ['10.0.0.1', '10.0.0.3', '10.0.0.3'],
  ['10.0.0.1', '', ''],
  [undefined, '192.0.2.1', undefined],
])('from %s, forwarded for %s, the caller is %s', (peer, forwarded, caller) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect(callerAddress(request(peer, headers), proxies)).toBe(caller);
});

test.each<[peer: string, forwarded: string | undefined, encrypted: boolean, https: boolean]>([
  ['203.0.113.9', undefined, false, false],
  ['203.0.113.9', undefined, true, true],
  ['203.0.113.9', 'https', false, false],
  ['10.0.0.1', 'https', false, true],
  ['10.0.0.1', 'HTTPS', false, true],
  ['10.0.0.1', 'http', false, false],
  ['10.0.0.1', 'https, http', false, false],
  ['10.0.0.1', 'https, https', false, true],
  ['10.0.0.1', undefined, false, false],
  ['10.0.0.1', '', false, false],
  // TLS to the last proxy says nothing of what came before it.
  ['10.0.0.1', 'http', true, false],
])('from %s, forwarded with %s, encrypted: %s, it came over HTTPS: %s', (peer, forwarded, encrypted, https) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-proto': forwarded };
  expect(cameOverHttps(request(peer, headers, encrypted), proxies)).toBe(https);
});
