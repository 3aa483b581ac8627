import { createHash, randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { findKeyProblem, idempotencyKey, type KeyPart, MAX_IDEMPOTENCY_KEY_LENGTH } from '@rea/core';
import { findRequestKeyProblem, ownKey } from '@rea/core/internal';
import { describe, expect, test } from 'vitest';
import { Seeded } from './random.js';

type Parts = [KeyPart, ...KeyPart[]];

/** A list of parts as text, such that different lists give different texts. */
const identityOf = (parts: Parts) =>
  JSON.stringify(
    parts.map((part) => [
      typeof part,
      typeof part === 'string' ? part.split('').map((unit) => unit.charCodeAt(0)) : String(part),
    ]),
  );

/** For titles: JSON does not know every type of part. */
const shown = (parts: Parts) => inspect(parts);
const named = <T>(rows: [Parts, T][]) => rows.map(([parts, value]) => [shown(parts), value, parts] as const);
const namedBoth = (rows: [Parts, Parts][]) =>
  rows.map(([one, other]) => [shown(one), shown(other), one, other] as const);

describe('An idempotency key', () => {
  test("of Rea's own takes an empty text, and is the same as ever", () => {
    expect(ownKey('inv_1', '', 'compensation')).toBe('inv_1/~empty/compensation');
    expect(ownKey('inv_1', 'a/b', 2)).toBe(idempotencyKey('inv_1', 'a/b', 2));
  });

  test.each(
    named<string>([
      [['charge', 'o-17'], 'charge/o-17'],
      [['charge'], 'charge'],
      [['a/b'], 'a%2fb'],
      [['50%'], '50%25'],
      [['Zoë'], 'Zo%c3%ab'],
      [['two words'], 'two%20words'],
      [['~empty'], '%7eempty'],
      [[1], '~number:1'],
      [['1'], '1'],
      [[true, 1n], '~boolean:true/~n:1'],
      [['..', 'a'], '../a'],
    ]),
  )('of %s is %s', (_list, key, parts) => {
    expect(idempotencyKey(...parts)).toBe(key);
  });

  test.each(
    namedBoth([
      [['a', 'b'], ['ab']],
      [['a', 'b'], ['a/b']],
      [['1'], [1]],
      [['true'], [true]],
      [[1], [1n]],
      [['~number:1'], [1]],
      [['~n:1'], [1n]],
      [['%2f'], ['/']],
      [['a', '..', 'b'], ['b']],
      [['A'], ['a']],
      [['é'], ['e\u0301']],
      [[0.1], ['0.1']],
      [['\ud800'], ['\ufffd']],
      [['\ud800'], ['\ud801']],
    ]),
  )('of %s is another than of %s', (_one, _other, one, other) => {
    expect(idempotencyKey(...one)).not.toBe(idempotencyKey(...other));
  });

  test('is never the same for two of 40 000 random lists of parts', () => {
    const seeded = new Seeded();
    const characters = [
      'a',
      'b',
      '1',
      '0',
      '/',
      '%',
      '2',
      'f',
      '~',
      ':',
      'n',
      '.',
      ' ',
      'é',
      '\u0000',
      '😀',
      '\ud800',
      '-',
    ];
    const words = ['number', 'empty', '~empty', 'true', '~sha256', 'boolean'];
    const part = (): KeyPart => {
      switch (seeded.below(8)) {
        case 0:
          return seeded.below(20);
        case 1:
          return BigInt(seeded.below(20));
        case 2:
          return seeded.below(2) === 0;
        case 3:
          return seeded.pick(words);
        case 4:
          return (seeded.below(41) - 20) / 4;
        default:
          return seeded.pick(characters) + seeded.list(3, () => seeded.pick(characters)).join('');
      }
    };
    const byKey = new Map<string, string>();
    const lists = new Set<string>();
    for (let count = 0; count < 40_000; count += 1) {
      const parts: Parts = [part(), ...seeded.list(3, part)];
      const identity = identityOf(parts);
      const key = idempotencyKey(...parts);
      expect(key).toMatch(/^[\x21-\x7e]{1,256}$/);
      expect(idempotencyKey(...parts)).toBe(key);
      expect(byKey.get(key) ?? identity).toBe(identity);
      byKey.set(key, identity);
      lists.add(identity);
    }
    expect(byKey.size).toBe(lists.size);
    expect(lists.size).toBeGreaterThan(10_000);
  });

  test('of any length has at most 256 visible ASCII characters, and none is the same', () => {
    const seeded = new Seeded(7);
    const keys = new Set<string>();
    for (let count = 0; count < 2_000; count += 1) {
      const parts: Parts = [
        `${count}`,
        ...seeded.list(6, () => seeded.pick(['x', 'é', '/']).repeat(1 + seeded.below(120))),
      ];
      const key = idempotencyKey(...parts);
      expect(key).toMatch(/^[\x21-\x7e]{1,256}$/);
      keys.add(key);
    }
    expect(keys.size).toBe(2_000);
  });

  test('that would be too long is a hash of everything, and no text can forge one', () => {
    expect(idempotencyKey('x'.repeat(256))).toBe('x'.repeat(256));
    const hashed = idempotencyKey('x'.repeat(257));
    expect(hashed).toMatch(/^~sha256\/[0-9a-f]{64}$/);
    expect(hashed).not.toBe(idempotencyKey('x'.repeat(258)));
    expect(hashed).not.toBe(idempotencyKey('x'.repeat(256), 'x'));
    const [mark, hash] = hashed.split('/') as [string, string];
    expect(idempotencyKey(mark, hash)).not.toBe(hashed);
    expect(idempotencyKey(hashed)).not.toBe(hashed);
    expect(MAX_IDEMPOTENCY_KEY_LENGTH).toBe(256);
  });
});

describe('The problem of a key', () => {
  test.each([
    ['', 'is empty'],
    ['x'.repeat(257), 'has more than 256 characters'],
    ['two words', 'has characters beyond visible ASCII'],
    ['Zoë', 'has characters beyond visible ASCII'],
    ['line\nbreak', 'has characters beyond visible ASCII'],
    ['charge/1760000000', 'holds a time in seconds or milliseconds'],
    ['charge/1760000000123', 'holds a time in seconds or milliseconds'],
    [String(Date.now()), 'holds a time in seconds or milliseconds'],
    ['charge1760000000123', 'holds a time in seconds or milliseconds'],
    ['charge_1760000000ms', 'holds a time in seconds or milliseconds'],
    [idempotencyKey('charge', Date.now()), 'holds a time in seconds or milliseconds'],
    [`charge/${new Date().toISOString()}`, 'holds a date and time'],
    ['2026-08-01T10:00', 'holds a date and time'],
    ['charge/2026-08-01', 'holds a date'],
    [`charge/${crypto.randomUUID()}`, 'holds a random UUID'],
    [crypto.randomUUID().toUpperCase(), 'holds a random UUID'],
  ])('%j %s', (key, problem) => {
    expect(findKeyProblem(key)).toBe(problem);
  });

  test.each([
    'charge/o-17',
    'x',
    'x'.repeat(256),
    idempotencyKey('charge', 'o-17', 3, true, 7n),
    idempotencyKey('Zoë', 'ß'),
    idempotencyKey('x'.repeat(1_000)),
    '12345',
    '123456789012',
    '99760000000123',
    '17600000001234567',
    '3026-08-01',
    '2026-13-01',
    '2026-08-32',
    'order-2026-0801',
    '6ba7b811-9dad-51d1-80b4-00c04fd430c8',
    // Hexadecimal digits, ten of which look like a time.
    '6ba7b811-9dad-51d1-80b4-c1760000000f',
    '6BA7B811-9DAD-51D1-80B4-C1760000000F',
    'etag/9f86d081884c7d659a2feaa0c55ad015a1760000000b1b0f00a08',
  ])('is none for %j', (key) => {
    expect(findKeyProblem(key)).toBeUndefined();
  });

  test('is none for what clients make of chance or by hashing', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => [
      randomUUID(),
      createHash('sha256').update(String(index)).digest('hex'),
      createHash('sha256').update(String(index)).digest('base64url'),
    ]);
    expect(keys.flat().filter((key) => findRequestKeyProblem(key) !== undefined)).toEqual([]);
  });
});
