import { choose, now, random, run, uuid } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failOnce, Theatre } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

const CARRIERS = ['post', 'bike', 'drone', 'ship', 'van', 'train', 'mule'] as const;

const helpers: [string, (ctx: Context) => unknown][] = [
  ['now', async (ctx) => (await now(ctx)).getTime()],
  ['random', (ctx) => random(ctx)],
  ['uuid', (ctx) => uuid(ctx)],
  ['choose', (ctx) => choose(ctx, CARRIERS)],
];

describe.each(helpers)('%s', (_name, helper) => {
  test('gives the same values after an attempt that has failed', async () => {
    const attempts: unknown[][] = [];
    const fail = failOnce();
    let effects = 0;
    const values = await theatre.play(async (ctx) => {
      const seen = [await helper(ctx)];
      await run(ctx, 'effect', () => void (effects += 1));
      seen.push(await helper(ctx), await helper(ctx));
      attempts.push(seen);
      fail();
      return seen;
    });
    expect(attempts.length).toBeGreaterThan(1);
    for (const each of attempts) expect(each).toEqual(values);
    expect(effects).toBe(1);
  });

  test('is refused inside a run', async () => {
    const call = theatre.play((ctx) => run(ctx, 'inside', () => helper(ctx)));
    await expect(call).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA2001', message: expect.stringContaining('inside the run "inside" in Stage/play') },
    });
  });
});

describe('Deterministic helpers', () => {
  test('give a Date, numbers from 0 to below 1, version 4 UUIDs, and one of the items', async () => {
    const before = Date.now();
    const [time, numbers, ids, chosen] = await theatre.play(
      async (ctx) =>
        [
          (await now(ctx)).toISOString(),
          Array.from({ length: 200 }, () => random(ctx)),
          Array.from({ length: 50 }, () => uuid(ctx)),
          Array.from({ length: 300 }, () => choose(ctx, CARRIERS)!),
        ] as const,
    );
    expect(Date.parse(time)).toBeGreaterThanOrEqual(before - 1_000);
    expect(Date.parse(time)).toBeLessThanOrEqual(Date.now() + 1_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(new Set(numbers).size).toBeGreaterThan(190);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(50);
    expect(new Set(chosen)).toEqual(new Set(CARRIERS));
  });

  test('give other values in another invocation', async () => {
    const play = () => theatre.play(async (ctx) => [random(ctx), uuid(ctx)]);
    const [first, second] = [await play(), await play()];
    expect(first[0]).not.toBe(second[0]);
    expect(first[1]).not.toBe(second[1]);
  });

  test('choose nothing from nothing, and the one from one', async () => {
    expect(await theatre.play(async (ctx) => [String(choose(ctx, [])), choose(ctx, ['only'])])).toEqual([
      'undefined',
      'only',
    ]);
  });

  test('tell times that do not go backwards', async () => {
    const times = await theatre.play(async (ctx) => {
      const seen: number[] = [];
      for (let count = 0; count < 5; count += 1) seen.push((await now(ctx)).getTime());
      return seen;
    });
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
