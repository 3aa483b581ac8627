import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ReplayMemory } from '../../src/security/replay-memory.js';

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

test('it knows what it was told until that expires, and then forgets it', () => {
  const memory = new ReplayMemory();
  expect(memory.remember('a', 1_060)).toBe(true);
  expect(memory.remember('a', 1_060)).toBe(false);
  expect(memory.remember('b', 1_060)).toBe(true);
  vi.setSystemTime(1_059_999);
  expect(memory.remember('a', 1_060)).toBe(false);
  vi.setSystemTime(1_060_000);
  expect(memory.remember('c', 1_120)).toBe(true);
  expect(memory.size).toBe(1);
});

test('it stays as large as what can still be replayed', () => {
  const memory = new ReplayMemory();
  let most = 0;
  for (let second = 1_000; second < 2_000; second += 1) {
    vi.setSystemTime(second * 1_000);
    for (let index = 0; index < 50; index += 1) memory.remember(`${second}-${index}`, second + 60);
    most = Math.max(most, memory.size);
  }
  expect(most).toBe(60 * 50);
});
