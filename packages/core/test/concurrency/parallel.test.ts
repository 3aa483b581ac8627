import { parallel, run } from '@rea/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Theatre } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

describe('parallel', () => {
  test('gives the results of branches with several awaits each, by position', async () => {
    expect(
      await theatre.play((ctx, { worker, counters }) =>
        parallel(ctx, [
          async () => {
            const a = await worker.call.work({ after: 20, answer: 'a' });
            await ctx.sleep(5);
            return run(ctx, 'b', () => `${a}b`);
          },
          async () => {
            const one = await run(ctx, 'one', () => 1);
            return one + (await counters.of('x').call.add(1));
          },
        ]),
      ),
    ).toEqual(['ab', 2]);
  });
});
