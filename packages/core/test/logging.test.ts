import type { LoggerService } from '@nestjs/common';
import { type AttemptOutcome, Handler, ReaEvents, run, Service } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { CancelledError, type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.js';
import { type Scene, Scenes } from './support/scenes.js';

interface Line {
  readonly level: string;
  readonly text: string;
  readonly context: string;
}

/** The logger of the application. */
class Recorder implements LoggerService {
  readonly lines: Line[] = [];
  log = this.at('log');
  fatal = this.at('fatal');
  error = this.at('error');
  warn = this.at('warn');
  debug = this.at('debug');
  verbose = this.at('verbose');

  private at(level: string) {
    return (message: unknown, ...rest: unknown[]) => {
      this.lines.push({ level, text: String(message), context: String(rest.at(-1)) });
    };
  }
}

@Service({ retryPolicy: { initialInterval: 10 } })
class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }

  @Handler({ inactivityTimeout: 0 })
  async restless(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

const recorder = new Recorder();
const outcomes: AttemptOutcome[] = [];
let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Stage], configure: (nest) => nest.useLogger(recorder) });
  app.get(ReaEvents).on('attempt-ended', ({ outcome }) => outcomes.push(outcome));
});
afterAll(() => app?.close());
beforeEach(() => {
  recorder.lines.length = 0;
  outcomes.length = 0;
});

function inHandler<R>(scene: Scene<Context, Stage, R>, verb: 'play' | 'restless' = 'play'): Promise<R> {
  return app.ingress.service(Stage).call[verb](Stage.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

const from = (context: string) => recorder.lines.filter((line) => line.context === context);
const aboveDebug = () => recorder.lines.filter(({ level }) => level !== 'debug' && level !== 'verbose');

/** Resolves when the invocation has come to its end, and what it logs last has been logged. */
async function ended(last: AttemptOutcome): Promise<void> {
  await eventually(() => expect(outcomes.at(-1)).toBe(last));
}

describe('What a handler logs with ctx.console', () => {
  test('goes to the logger of the application, at its level, with target and invocation', async () => {
    const id = await inHandler(async (ctx) => {
      ctx.console.log('plain', 1, { a: [true] });
      ctx.console.info('info');
      ctx.console.debug('debug');
      ctx.console.warn('warn');
      ctx.console.error('error', new Error('why'));
      return ctx.request().id;
    });
    const prefix = `[${app.namespace}.Stage/play][${id}]`;
    const lines = from('Handler').map(({ level, text }) => [level, text.split('\n')[0]]);
    expect(lines).toEqual([
      ['log', `${prefix} plain 1 {"a":[true]}`],
      ['log', `${prefix} info`],
      ['debug', `${prefix} debug`],
      ['warn', `${prefix} warn`],
      ['error', `${prefix} error Error: why`],
    ]);
  });

  test('may be anything: a line fails no handler', async () => {
    const cycle: Record<string, unknown> = { a: 1 };
    cycle['self'] = cycle;
    const broken = {
      toJSON: () => {
        throw new Error('no JSON');
      },
    };
    await inHandler(async (ctx) => ctx.console.log('odd', { big: 10n }, cycle, broken, undefined, Symbol('s')));
    const [line] = from('Handler');
    expect(line?.text).toContain('odd { big: 10n } <ref *1> { a: 1, self: [Circular *1] }');
    expect(outcomes.at(-1)).toBe('completed');
  });

  test('is there once, although the handler is replayed', async () => {
    let attempts = 0;
    await inHandler(async (ctx) => {
      attempts += 1;
      ctx.console.log('before');
      await run(ctx, 'first', () => 1);
      ctx.console.log('between');
      await run(ctx, 'second', () => 2);
      if (attempts < 3) throw new Error('again');
      ctx.console.log('after');
    });
    expect(attempts).toBeGreaterThanOrEqual(3);
    expect(from('Handler').map(({ text }) => text.split('] ')[1])).toEqual(['before', 'between', 'after']);
  });

  test('is there once, although the invocation was suspended', async () => {
    await inHandler(async (ctx) => {
      ctx.console.log('before');
      await ctx.sleep(300);
      ctx.console.log('after');
    }, 'restless');
    expect(from('Handler').map(({ text }) => text.split('] ')[1])).toEqual(['before', 'after']);
  });
});

describe('What the SDK logs of itself', () => {
  test('is at debug', async () => {
    await inHandler(async (ctx) => run(ctx, 'step', () => 1));
    await ended('completed');
    expect(from('Restate SDK').length).toBeGreaterThan(0);
    expect(new Set(from('Restate SDK').map(({ level }) => level))).toEqual(new Set(['debug']));
    expect(aboveDebug()).toEqual([]);
  });

  test('of a suspension is at debug', async () => {
    await inHandler((ctx) => ctx.sleep(300), 'restless');
    await ended('completed');
    expect(outcomes).toContain('suspended');
    expect(aboveDebug()).toEqual([]);
  });

  test('of an error that is retried is one warning per attempt, with the error', async () => {
    let failures = 0;
    await inHandler(async () => {
      if (failures === 2) return;
      failures += 1;
      throw new TypeError(`failure ${failures}`);
    });
    await ended('completed');
    const shown = aboveDebug();
    expect(shown.map(({ level, context }) => [level, context])).toEqual([
      ['warn', 'Restate SDK'],
      ['warn', 'Restate SDK'],
    ]);
    expect(shown.map(({ text }) => /failure \d/.exec(text)?.[0])).toEqual(['failure 1', 'failure 2']);
  });

  test('of a run that fails and is retried is no error', async () => {
    let failures = 0;
    await inHandler((ctx) =>
      run(ctx, 'step', () => {
        if (failures === 2) return;
        failures += 1;
        throw new TypeError(`failure ${failures}`);
      }),
    );
    await ended('completed');
    expect(aboveDebug().length).toBeGreaterThan(0);
    expect(new Set(aboveDebug().map(({ level }) => level))).toEqual(new Set(['warn']));
  });

  test('of a terminal error is at debug: it is the answer', async () => {
    await inHandler(async () => {
      throw new TerminalError('no', { errorCode: 409 });
    }).catch(() => undefined);
    await ended('failed');
    expect(from('Restate SDK').some(({ text }) => text.includes('no'))).toBe(true);
    expect(aboveDebug()).toEqual([]);
  });

  test('of a run whose tries are used up is an error, and so is any other failure of the service’s own', async () => {
    await inHandler((ctx) =>
      run(
        ctx,
        'step',
        () => {
          throw new TypeError('no');
        },
        { retry: { maxAttempts: 2, initialInterval: 1 } },
      ),
    ).catch(() => undefined);
    await ended('failed');
    const levels = aboveDebug().map(({ level }) => level);
    expect(levels).toContain('warn');
    expect(levels.at(-1)).toBe('error');
    expect(levels.filter((level) => level === 'error')).toHaveLength(1);
  });

  test('of a terminal error in a run is at debug', async () => {
    await inHandler((ctx) =>
      run(ctx, 'step', () => {
        throw new TerminalError('no', { errorCode: 409 });
      }),
    ).catch(() => undefined);
    await ended('failed');
    expect(aboveDebug()).toEqual([]);
  });

  test('of a cancellation is at debug', async () => {
    const started = Promise.withResolvers<string>();
    const answer = inHandler(async (ctx) => {
      started.resolve(ctx.request().id);
      await ctx.sleep(60_000);
    }).catch((error: unknown) => error);
    await app.cancel(await started.promise);
    expect(await answer).toMatchObject({ status: new CancelledError().code });
    await ended('cancelled');
    expect(aboveDebug()).toEqual([]);
  });
});
