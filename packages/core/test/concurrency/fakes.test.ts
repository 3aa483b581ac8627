import { any, asCompleted, fanOut, mapConcurrent, parallel, parallelSettled, raceNamed, run } from '@rea/core';
import { fakeContext, runInContext } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';

describe('On a fake context', () => {
  test('branches run as on a real one', async () => {
    const result = await runInContext(fakeContext(), (ctx) =>
      parallel(ctx, {
        a: async () => (await run(ctx, 'a', () => 1)) + (await run(ctx, 'b', () => 2)),
        b: async () => mapConcurrent(ctx, [1, 2, 3], 2, async (item) => run(ctx, `item ${item}`, () => item * 2)),
      }),
    );
    expect(result).toEqual({ a: 3, b: [2, 4, 6] });
  });

  test('branches fail as on a real one', async () => {
    const outcome = await runInContext(fakeContext(), (ctx) =>
      parallelSettled(ctx, [
        async () => {
          throw new TerminalError('no', { errorCode: 422 });
        },
        async () => ctx.sleep(1),
      ]),
    );
    expect(outcome).toMatchObject([{ status: 'rejected', reason: { code: 422 } }, { status: 'fulfilled' }]);
    const ordinary = runInContext(fakeContext(), (ctx) =>
      parallel(ctx, [
        async () => {
          throw new Error('retried');
        },
      ]),
    );
    await expect(ordinary).rejects.toThrow('retried');
  });

  test('combinations of futures work', async () => {
    const result = await runInContext(fakeContext(), async (ctx) => {
      const seen: unknown[] = [];
      const two = () => [run(ctx, 'a', () => 'a'), run(ctx, 'b', () => 'b')] as const;
      for await (const { value } of asCompleted(ctx, two())) seen.push(value);
      return [
        seen,
        await any(ctx, two()),
        await raceNamed(ctx, { first: run(ctx, 'c', () => 'c') }),
        await fanOut(ctx, two()),
      ];
    });
    expect(result).toEqual([['a', 'b'], 'a', { name: 'first', value: 'c' }, { values: ['a', 'b'], failures: [] }]);
  });
});

test('An SDK that waits in another way is refused terminally, not retried without end', async () => {
  const ctx = Object.assign(fakeContext(), { coreVm: {} }) as unknown as Context;
  await expect(parallel(ctx, [async () => 1])).rejects.toMatchObject({
    code: 500,
    message: expect.stringContaining('REA7006'),
  });
});
