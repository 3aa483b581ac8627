import { compositeKey, MAX_KEY_LENGTH, splitCompositeKey } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';

/** Small numbers from a seed, the same in each run (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What an escape could be confused by. */
const PIECES = ['a', 'b', '/', '%', '%2F', '%25', '2F', '25', '//', ' ', 'ü', '🦊', ':', '\\', '.'];

function randomParts(random: (below: number) => number): [string, string, ...string[]] {
  const part = () => Array.from({ length: 1 + random(4) }, () => PIECES[random(PIECES.length)]!).join('');
  return [part(), part(), ...Array.from({ length: random(3) }, part)];
}

function refusal(make: () => string): unknown {
  try {
    return make();
  } catch (error) {
    return error;
  }
}

describe('A composite key', () => {
  test('is another one for each other list of parts, and gives its parts back', () => {
    const random = randomNumbers(42);
    const partsByKey = new Map<string, string>();
    for (let round = 0; round < 20_000; round += 1) {
      const parts = randomParts(random);
      const key = compositeKey(...parts);
      const text = JSON.stringify(parts);
      expect(partsByKey.get(key) ?? text).toBe(text);
      partsByKey.set(key, text);
      expect(splitCompositeKey(key)).toEqual(parts);
    }
    expect(partsByKey.size).toBeGreaterThan(15_000);
  });

  test('keeps apart where one part ends and the next begins', () => {
    expect(compositeKey('a', 'b/c')).not.toBe(compositeKey('a/b', 'c'));
    expect(compositeKey('a', 'b', 'c')).not.toBe(compositeKey('a', 'b/c'));
    expect(compositeKey('a%2Fb', 'c')).not.toBe(compositeKey('a/b', 'c'));
  });

  test.each([
    ['an empty part', () => compositeKey('tenant', '')],
    ['a control character in a part', () => compositeKey('tenant', 'a\nb')],
    ['more than 256 characters in all', () => compositeKey('a'.repeat(200), 'b'.repeat(200))],
    ['more than 256 characters once escaped', () => compositeKey('/'.repeat(100), 'a')],
  ])('refuses %s with 400', (_what, make) => {
    const error = refusal(make);
    expect(error).toBeInstanceOf(TerminalError);
    expect(error).toMatchObject({
      code: 400,
      message: expect.stringContaining('REA3001'),
      metadata: { 'rea.code': 'REA3001' },
    });
  });

  test('may be as long as a key may be', () => {
    expect(compositeKey('a'.repeat(200), 'b'.repeat(55))).toHaveLength(MAX_KEY_LENGTH);
  });
});
