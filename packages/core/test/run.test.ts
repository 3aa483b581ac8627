import { BadRequestException, HttpException, ServiceUnavailableException } from '@nestjs/common';
import { all, Handler, run, type RunContext, Service } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, serde, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.js';
import { type Scene, Scenes } from './support/scenes.js';
import { replaysAlways } from './support/test-mode.js';

@Service({ retryPolicy: { initialInterval: 20, maxInterval: 50 } })
class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Stage] });
});
afterAll(() => app?.close());

function inHandler<R>(scene: Scene<Context, Stage, R>): Promise<R> {
  return app.ingress.service(Stage).call.play(Stage.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

const failure = (error: TerminalError) => ({
  terminal: error instanceof TerminalError,
  code: error.code,
  message: error.message,
  metadata: error.metadata ?? {},
});

describe('A run', () => {
  test('is executed once, although the handler fails after it and is tried again', async () => {
    let effects = 0;
    let failures = 0;
    const result = await inHandler(async (ctx) => {
      const first = await run(ctx, 'charge', () => (effects += 1));
      if (failures === 0) {
        failures += 1;
        throw new Error('once');
      }
      const second = await run(ctx, 'charge', () => (effects += 1));
      return [first, second];
    });
    expect(result).toEqual([1, 2]);
    expect(effects).toBe(2);
    expect(failures).toBe(1);
  });

  test('that throws an ordinary error is executed again until it succeeds', async () => {
    let attempts = 0;
    expect(
      await inHandler((ctx) =>
        run(
          ctx,
          'flaky',
          () => {
            attempts += 1;
            if (attempts < 3) throw new Error(`attempt ${attempts}`);
            return attempts;
          },
          { retry: { initialInterval: 10 } },
        ),
      ),
    ).toBe(3);
    expect(attempts).toBe(3);
  });

  test('that throws an ordinary error is tried again also without a policy of its own', async () => {
    let attempts = 0;
    await inHandler((ctx) =>
      run(ctx, 'flaky', () => {
        attempts += 1;
        if (attempts < 3) throw new Error(`attempt ${attempts}`);
      }),
    );
    expect(attempts).toBe(3);
  });

  test('throws a terminal error once its attempts are used up', async () => {
    let attempts = 0;
    const caught = await inHandler((ctx) =>
      run(
        ctx,
        'doomed',
        () => {
          attempts += 1;
          throw new Error('out of stock');
        },
        { retry: { maxAttempts: 3, initialInterval: 10 } },
      ).then(() => 'succeeded', failure),
    );
    expect(caught).toMatchObject({ terminal: true, code: 500, message: expect.stringContaining('out of stock') });
    expect(attempts).toBe(3);
  });

  test('throws a terminal error once its time is used up', async () => {
    const caught = await inHandler((ctx) =>
      run(
        ctx,
        'slow',
        () => {
          throw new Error('still no');
        },
        { retry: { maxDuration: { milliseconds: 100 }, initialInterval: 20, factor: 1 } },
      ).then(() => 'succeeded', failure),
    );
    expect(caught).toMatchObject({ terminal: true, code: 500 });
  });

  test('with one attempt is not tried again', async () => {
    let attempts = 0;
    const caught = await inHandler((ctx) =>
      run(
        ctx,
        'one shot',
        () => {
          attempts += 1;
          throw new Error('missed');
        },
        { retry: { maxAttempts: 1 } },
      ).then(() => 'succeeded', failure),
    );
    expect(caught).toMatchObject({ terminal: true });
    expect(attempts).toBe(1);
  });

  test.each([
    [
      'a terminal error',
      () => new TerminalError('declined', { errorCode: 402, metadata: { card: 'x' } }),
      { code: 402, message: 'declined', metadata: { card: 'x' } },
    ],
    [
      'a Nest 4xx exception',
      () => new BadRequestException('no such card'),
      { code: 400, message: 'no such card', metadata: {} },
    ],
    [
      'a Nest 4xx exception with details',
      () => new HttpException({ message: 'bad', details: [{ path: 'card', message: 'expired' }] }, 422),
      { code: 422, metadata: { 'rea.details': JSON.stringify([{ path: 'card', message: 'expired' }]) } },
    ],
  ])('that throws %s is not tried again', async (_what, make, expected) => {
    let attempts = 0;
    const caught = await inHandler((ctx) =>
      run(ctx, 'final', () => {
        attempts += 1;
        throw make();
      }).then(() => 'succeeded', failure),
    );
    expect(caught).toMatchObject({ terminal: true, ...expected });
    expect(attempts).toBe(1);
  });

  test.each([
    ['503', () => new ServiceUnavailableException('later')],
    ['408', () => new HttpException('later', 408)],
    ['425', () => new HttpException('later', 425)],
    ['429', () => new HttpException('later', 429)],
  ])('that throws a Nest exception %s is tried again', async (_status, make) => {
    let attempts = 0;
    await inHandler((ctx) =>
      run(
        ctx,
        'busy',
        () => {
          attempts += 1;
          if (attempts === 1) throw make();
        },
        { retry: { initialInterval: 10 } },
      ),
    );
    expect(attempts).toBe(2);
  });

  test('gives what JSON gives back, at once and on replay', async () => {
    const values: unknown[] = [];
    await inHandler(async (ctx) => {
      const value = await run(ctx, 'order', () => ({
        at: new Date(0),
        tags: new Set(['a']),
        note: undefined,
        list: [undefined, 1],
      }));
      values.push(value);
      await ctx.sleep(1);
      if (values.length === 1) throw new Error('once more');
    });
    expect(values.length).toBeGreaterThan(1);
    for (const value of values)
      expect(value).toStrictEqual({ at: '1970-01-01T00:00:00.000Z', tags: {}, list: [null, 1] });
  });

  test('keeps the type of its result with a serde of its own', async () => {
    expect(
      await inHandler(async (ctx) => {
        const bytes = await run(ctx, 'bytes', () => new Uint8Array([1, 2, 3]), { serde: serde.binary });
        return [bytes instanceof Uint8Array, [...bytes]];
      }),
    ).toEqual([true, [1, 2, 3]]);
  });

  test('may give nothing', async () => {
    expect(await inHandler(async (ctx) => String(await run(ctx, 'nothing', () => undefined)))).toBe('undefined');
  });

  test('is shown under its name, in the order of the handler', async () => {
    const id = await inHandler(async (ctx) => {
      await run(ctx, 'first', () => 1);
      await all(ctx, [run(ctx, 'second', () => 2), run(ctx, 'third', () => 3)]);
      return ctx.request().id;
    });
    const runs = (await app.journal(id)).filter(({ entry_type }) => entry_type === 'Command: Run');
    expect(runs.map(({ name }) => name)).toEqual(['first', 'second', 'third']);
  });
});

describe("A run's idempotency key", () => {
  test('is the same in each attempt of the run', async () => {
    const seen: string[] = [];
    await inHandler((ctx) =>
      run(
        ctx,
        'pay',
        ({ idempotencyKey }) => {
          seen.push(idempotencyKey);
          if (seen.length < 3) throw new Error('again');
        },
        { retry: { initialInterval: 10 } },
      ),
    );
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(1);
  });

  test('is the same after a replay has skipped earlier runs of the same name', async () => {
    const seen: [string, string][] = [];
    const note = (step: string) => (context: RunContext) => void seen.push([step, context.idempotencyKey]);
    let failed = false;
    await inHandler(async (ctx) => {
      await run(ctx, 'pay', note('a'));
      await ctx.sleep(1);
      await run(ctx, 'pay', (context) => {
        note('b')(context);
        if (!failed) {
          failed = true;
          throw new Error('again');
        }
      });
      await run(ctx, 'pay', note('c'));
    });
    const keysOf = (step: string) => seen.filter(([at]) => at === step).map(([, key]) => key);
    expect(keysOf('a')).toHaveLength(1);
    expect(keysOf('b')).toHaveLength(2);
    expect(new Set(keysOf('b')).size).toBe(1);
    expect(keysOf('c')).toHaveLength(1);
    expect(new Set(seen.map(([, key]) => key)).size).toBe(3);
  });

  test('is another one for each invocation, name and occurrence', async () => {
    const seen: string[] = [];
    const note = ({ idempotencyKey }: RunContext) => void seen.push(idempotencyKey);
    const scene = async (ctx: Context) => {
      await run(ctx, 'a', note);
      await run(ctx, 'b', note);
      await all(ctx, [run(ctx, 'a', note), run(ctx, 'a', note)]);
      await run(ctx, 'a/2', note);
      await run(ctx, 'a/2', note);
    };
    await inHandler(scene);
    await inHandler(scene);
    expect(seen).toHaveLength(12);
    expect(new Set(seen).size).toBe(12);
  });
});

describe("A run's signal", () => {
  test('is aborted when its invocation is cancelled', async (context) => {
    context.skip(
      replaysAlways(context),
      'Such a server has stopped listening to the attempt and cancels the next one.',
    );
    const started = Promise.withResolvers<string>();
    const aborted = Promise.withResolvers<void>();
    const outcome = inHandler((ctx) =>
      run(ctx, 'long', ({ signal }) => {
        signal.addEventListener('abort', () => aborted.resolve());
        started.resolve(ctx.request().id);
        return new Promise<void>((resolve) => void aborted.promise.then(resolve));
      }),
    ).catch((error: HttpException) => error.getStatus());
    await app.cancel(await started.promise);
    await aborted.promise;
    expect(await outcome).toBe(409);
  });

  test('is not aborted while the run goes on', async () => {
    expect(await inHandler((ctx) => run(ctx, 'short', ({ signal }) => signal.aborted))).toBe(false);
  });

  test('is aborted when its invocation is killed', async () => {
    const started = Promise.withResolvers<string>();
    const aborted = Promise.withResolvers<void>();
    const outcome = inHandler((ctx) =>
      run(ctx, 'long', async ({ signal }) => {
        signal.addEventListener('abort', () => aborted.resolve());
        started.resolve(ctx.request().id);
        await aborted.promise;
      }),
    ).catch((error: HttpException) => error);
    await app.kill(await started.promise);
    await aborted.promise;
    expect(await outcome).toBeInstanceOf(HttpException);
    await eventually(async () => {
      const [row] = await app.query(`select status from sys_invocation where id = '${await started.promise}'`);
      expect(row).toEqual({ status: 'completed' });
    });
  });
});
