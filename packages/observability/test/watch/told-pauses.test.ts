import { expect, test } from 'vitest';
import type { Pause } from '../../src/watch/paused-invocations.js';
import { ToldPauses } from '../../src/watch/told-pauses.js';

const pause = (invocationId: string, at: number): Pause => ({
  at,
  told: { invocationId, service: 'Stuck', handler: 'work', key: undefined, error: { message: '', code: 500 } },
});

const [a, b, c, d] = [pause('a', 1), pause('b', 2), pause('c', 3), pause('d', 4)] as const;

test('A pause is told once while it lasts, and a later pause of the same invocation is another', () => {
  const told = new ToldPauses(3);
  expect(told.untold([b, a])).toEqual([b, a]);
  expect(told.untold([b, a])).toEqual([]);
  const again = pause('a', 5);
  expect(told.untold([again, b])).toEqual([again]);
});

test('A pause that newer ones have pushed out of view is not told again when it comes back', () => {
  const told = new ToldPauses(2);
  expect(told.untold([b, a])).toEqual([b, a]);
  expect(told.untold([d, c])).toEqual([d, c]);
  expect(told.untold([c, b])).toEqual([]);
  expect(told.untold([b, a])).toEqual([]);
});

test('A pause that was never among the newest is not told, and newer ones still are', () => {
  const told = new ToldPauses(2);
  expect(told.untold([c, b])).toEqual([c, b]); // and a, which is older
  expect(told.untold([a])).toEqual([]);
  expect(told.untold([d, a])).toEqual([d]);
});

test('Pauses of the same moment, of which some were out of view, are not told again', () => {
  const told = new ToldPauses(2);
  const twin = pause('twin', 1);
  expect(told.untold([b, a])).toEqual([b, a]);
  expect(told.untold([b, twin])).toEqual([]);
  expect(told.untold([b, a])).toEqual([]);
});
