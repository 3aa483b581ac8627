import { BadRequestException } from '@nestjs/common';
import type { HttpException } from '@nestjs/common';
import { DEFAULT_LOOP_LIMIT, forEach, loopWhile, now, retry, run, sleep } from '@rea/core';
import { fakeContext } from '@rea/testing';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failOnce, Theatre, told } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

describe('A loop while a condition holds', () => {
  test('does each round once, although an attempt fails in the middle', async () => {
    const effects: number[] = [];
    const conditions: number[] = [];
    const fail = failOnce();
    await theatre.play(async (ctx) => {
      await loopWhile(
        ctx,
        (round) => run(ctx, 'more?', () => conditions.push(round) < 5),
        async (round) => {
          await run(ctx, 'pack', () => void effects.push(round));
          if (round === 2) fail();
        },
      );
    });
    expect(effects).toEqual([0, 1, 2, 3]);
    expect(conditions).toEqual([0, 1, 2, 3, 4]);
  });

  test('does nothing when the condition does not hold at first', async () => {
    let rounds = 0;
    await loopWhile(
      fakeContext(),
      () => false,
      () => void (rounds += 1),
    );
    expect(rounds).toBe(0);
  });

  test('takes as many rounds as the limit says, and fails terminally before one more', async () => {
    const rounds: number[] = [];
    const caught = await theatre.play((ctx) =>
      loopWhile(
        ctx,
        () => true,
        (round) => run(ctx, 'pack', () => void rounds.push(round)),
        { limit: 3 },
      ).then(() => undefined, told),
    );
    expect(rounds).toEqual([0, 1, 2]);
    expect(caught).toEqual({
      terminal: true,
      code: 500,
      rea: 'REA7030',
      message: expect.stringMatching(/^REA7030: A loop has reached its limit of 3 rounds\. Raise \{ limit \}, or/),
    });
    let ended = 0;
    const body = () => void (ended += 1);
    await loopWhile(fakeContext(), (round) => round < 3, body, { limit: 3 });
    expect(ended).toBe(3);
  });

  test('is limited to 10 000 rounds by default', async () => {
    expect(DEFAULT_LOOP_LIMIT).toBe(10_000);
    let rounds = 0;
    const endless = loopWhile(
      fakeContext(),
      () => true,
      () => void (rounds += 1),
    );
    await expect(endless).rejects.toThrow(/REA7030.*10000 rounds/);
    expect(rounds).toBe(10_000);
  });
});

describe('A limit that is none', () => {
  test.each([Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY])(
    'is refused before anything is done: %s',
    async (limit) => {
      let done = 0;
      const body = () => void (done += 1);
      const outcomes = await theatre.play((ctx) =>
        Promise.all([
          loopWhile(ctx, () => true, body, { limit }).catch(told),
          forEach(ctx, [1], body, { limit }).catch(told),
          retry(ctx, body, { maxAttempts: limit }).catch(told),
        ]),
      );
      const refused = { terminal: true, code: 500, rea: 'REA7005' };
      expect(outcomes).toEqual(Array(3).fill(expect.objectContaining(refused)));
      expect(done).toBe(0);
    },
  );
});

describe('A loop over items', () => {
  test('takes one after another, each once, although an attempt fails in the middle', async () => {
    const effects: string[] = [];
    const fail = failOnce();
    const packed = await theatre.play((ctx) =>
      forEach(ctx, ['tea', 'cup', 'pot'], async (sku, index) => {
        await run(ctx, 'fetch', () => void effects.push(`fetch ${sku}`));
        if (index === 1) fail();
        return run(ctx, 'pack', () => {
          effects.push(`pack ${sku}`);
          return `${index} ${sku}`;
        });
      }),
    );
    expect(packed).toEqual(['0 tea', '1 cup', '2 pot']);
    expect(effects).toEqual(['fetch tea', 'pack tea', 'fetch cup', 'pack cup', 'fetch pot', 'pack pot']);
  });

  test('gives nothing for nothing, and stops at the first failure', async () => {
    const seen: number[] = [];
    const body = (item: number) => {
      seen.push(item);
      if (item === 2) throw new TerminalError('broken');
    };
    expect(await forEach(fakeContext(), [], body)).toEqual([]);
    await expect(forEach(fakeContext(), [1, 2, 3], body)).rejects.toThrow('broken');
    expect(seen).toEqual([1, 2]);
  });

  test('does nothing at all when there are more items than the limit', async () => {
    const seen: number[] = [];
    const body = (item: number) => seen.push(item);
    const caught = await forEach(fakeContext(), [1, 2, 3], body, { limit: 2 }).then(() => undefined, told);
    expect(caught).toMatchObject({ terminal: true, rea: 'REA7030' });
    await expect(forEach(fakeContext(), Array.from({ length: 10_001 }), () => seen.push(0))).rejects.toThrow('REA7030');
    expect(seen).toEqual([]);
    expect(await forEach(fakeContext(), [1, 2], body, { limit: 2 })).toEqual([1, 2]);
  });
});

describe('A retry of handler code', () => {
  test('gives the first success, with the number of the try, and each effect once', async () => {
    const effects: number[] = [];
    const fail = failOnce();
    const result = await theatre.play((ctx) =>
      retry(
        ctx,
        async (attempt) => {
          await run(ctx, 'ask', () => void effects.push(attempt));
          if (attempt < 3) throw new Error(`no answer ${attempt}`);
          return `answer ${attempt}`;
        },
        { initialInterval: 10 },
      ).then((answer) => {
        fail();
        return answer;
      }),
    );
    expect(result).toBe('answer 3');
    expect(effects).toEqual([1, 2, 3]);
  });

  test('waits durably: an attempt that fails after the waits does not wait again', async () => {
    const fail = failOnce();
    const [id, waited] = await theatre.play(async (ctx) => {
      const before = await now(ctx);
      const options = { initialInterval: { milliseconds: 40 }, factor: 3, maxAttempts: 3 };
      await retry(ctx, (attempt) => (attempt < 3 ? Promise.reject(new Error('no')) : attempt), options);
      const after = await now(ctx);
      fail();
      return [ctx.request().id, after.getTime() - before.getTime()] as const;
    });
    expect(waited).toBeGreaterThanOrEqual(160);
    const sleeps = (await theatre.app.journal(id)).filter(({ entry_type }) => entry_type === 'Command: Sleep');
    expect(sleeps).toHaveLength(2);
  });

  test.each<[string, Parameters<typeof retry>[2], number[]]>([
    ['1 s, then 2 s, three tries in all, by default', {}, [1_000, 2_000]],
    ['at most 5 minutes by default', { maxAttempts: 4, initialInterval: { minutes: 4 } }, [240_000, 300_000, 300_000]],
    ['as its options say', { maxAttempts: 5, initialInterval: 10, factor: 3, maxInterval: 100 }, [10, 30, 90, 100]],
    ['not at all with one try', { maxAttempts: 1 }, []],
  ])('waits %s', async (_what, options, waits) => {
    const ctx = fakeContext();
    let tries = 0;
    const body = () => {
      tries += 1;
      throw new Error('no');
    };
    await expect(retry(ctx, body, options)).rejects.toThrow('REA7031');
    expect(ctx.sleeps).toEqual(waits);
    expect(tries).toBe(waits.length + 1);
  });

  test('fails terminally with the last message once its tries are used up', async () => {
    const caught = await theatre.play((ctx) =>
      retry(
        ctx,
        (attempt) => {
          throw new Error(`no answer ${attempt}`);
        },
        { maxAttempts: 2, initialInterval: 1 },
      ).then(() => undefined, told),
    );
    expect(caught).toEqual({
      terminal: true,
      code: 500,
      rea: 'REA7031',
      message: 'REA7031: 2 tries have failed, the last with: no answer 2',
    });
  });

  test.each([
    ['a terminal error', () => new TerminalError('declined', { errorCode: 402 }), 402],
    ['a Nest 4xx exception, which is terminal too', () => new BadRequestException('declined'), 400],
  ])('never repeats after %s', async (_what, make, code) => {
    let tries = 0;
    const call = theatre.play((ctx) =>
      retry(
        ctx,
        async () => {
          await run(ctx, 'ask', () => (tries += 1));
          throw make();
        },
        { initialInterval: 1 },
      ),
    );
    await expect(call).rejects.toMatchObject({ status: code, message: 'declined' });
    expect(tries).toBe(1);
  });

  test('repeats after a Nest exception that asks for another try', async () => {
    const { ServiceUnavailableException } = await import('@nestjs/common');
    const body = (attempt: number) => {
      if (attempt === 1) throw new ServiceUnavailableException('later');
      return attempt;
    };
    expect(await retry(fakeContext(), body)).toBe(2);
  });

  test.each(['while the body waits', 'between two tries'])('never repeats after a cancellation %s', async (when) => {
    const waiting = Promise.withResolvers<string>();
    const tries: number[] = [];
    const outcome = theatre
      .play((ctx) =>
        retry(
          ctx,
          async (attempt) => {
            await run(ctx, 'ask', () => void tries.push(attempt));
            waiting.resolve(ctx.request().id);
            if (when === 'between two tries') throw new Error('no');
            await sleep(ctx, { hours: 1 });
          },
          { initialInterval: { hours: 1 } },
        ),
      )
      .catch((error: HttpException) => error.getStatus());
    await theatre.app.cancel(await waiting.promise);
    expect(await outcome).toBe(409);
    expect(tries).toEqual([1]);
  });
});
