import { type AttemptOutcome, Handler, ReaEvents, run, Service, Shared, VirtualObject } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import {
  CancelledError,
  type Context,
  type ObjectContext,
  type ObjectSharedContext,
  TerminalError,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { eventually } from './support/eventually.js';
import { type Scene, Scenes } from './support/scenes.js';
import { replaysAlways } from './support/test-mode.js';

@Service({ retryPolicy: { initialInterval: 10 } })
class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }

  @Handler({ inactivityTimeout: 10 })
  async restless(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

@VirtualObject()
class Box {
  @Handler()
  async put(ctx: ObjectContext, value: number): Promise<void> {
    ctx.set('value', value);
  }

  @Shared()
  async look(ctx: ObjectSharedContext): Promise<number | null> {
    return ctx.get<number>('value');
  }
}

/** What was published about attempts, as short lines by invocation. */
const lines: { id: string; line: string; error?: Error | undefined; durationMs?: number }[] = [];

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Stage, Box] });
  const events = app.get(ReaEvents);
  events.on('attempt-started', ({ invocationId, replaying }) =>
    lines.push({ id: invocationId, line: replaying ? 'replays' : 'starts' }),
  );
  events.on('attempt-ended', ({ invocationId, outcome, error, durationMs }) =>
    lines.push({ id: invocationId, line: outcome satisfies AttemptOutcome, error, durationMs }),
  );
});
afterAll(() => app?.close());
beforeEach(() => {
  lines.length = 0;
});

function inHandler<R>(scene: Scene<Context, Stage, R>, verb: 'play' | 'restless' = 'play'): Promise<R> {
  return app.ingress.service(Stage).call[verb](Stage.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

/**
 * The lines of the one invocation, once its last one is there. On a server that suspends at every wait, less those
 * suspensions: what remains is the same as on any server.
 */
async function linesUntil(last: AttemptOutcome, context: TestContext): Promise<string[]> {
  const told = await eventually(() => {
    const all = lines.map(({ line }) => line);
    expect(all.at(-1)).toBe(last);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(1);
    return all;
  });
  if (!replaysAlways(context)) return told;
  return told.join(' ').replaceAll('suspended replays ', '').split(' ');
}

describe('The attempts of an invocation', () => {
  test('that completes at once are one', async (context) => {
    await inHandler(async () => 'done');
    expect(await linesUntil('completed', context)).toEqual(['starts', 'completed']);
    expect(lines[1]).toMatchObject({ durationMs: expect.any(Number), error: undefined });
  });

  test('that fails are one, with the error', async (context) => {
    await inHandler(async () => {
      throw new TerminalError('no');
    }).catch(() => undefined);
    expect(await linesUntil('failed', context)).toEqual(['starts', 'failed']);
    expect(lines[1]?.error).toMatchObject({ message: 'no' });
  });

  test('that is tried again are told as such, and replay what was journaled', async (context) => {
    let failed = false;
    await inHandler(async (ctx) => {
      await run(ctx, 'step', () => 1);
      if (failed) return;
      failed = true;
      throw new Error('again');
    });
    expect(await linesUntil('completed', context)).toEqual(['starts', 'retrying', 'replays', 'completed']);
    expect(lines.find(({ line }) => line === 'retrying')?.error?.message).toContain('again');
  });

  test('that fails and is tried again without a journal start anew', async (context) => {
    let attempts = 0;
    await inHandler(async () => {
      attempts += 1;
      if (attempts < 3) throw new Error('again');
    });
    expect(await linesUntil('completed', context)).toEqual([
      'starts',
      'retrying',
      'starts',
      'retrying',
      'starts',
      'completed',
    ]);
  });

  test('whose run fails are told as retrying, not as failed', async (context) => {
    let attempts = 0;
    await inHandler((ctx) =>
      run(ctx, 'step', () => {
        attempts += 1;
        if (attempts === 1) throw new Error('again');
      }),
    );
    expect(await linesUntil('completed', context)).toEqual(['starts', 'retrying', 'replays', 'completed']);
  });

  test('that waits for long are suspended, without an error, and replay', async () => {
    await inHandler((ctx) => ctx.sleep(300), 'restless');
    await eventually(() =>
      expect(lines.map(({ line }) => line)).toEqual(['starts', 'suspended', 'replays', 'completed']),
    );
    expect(lines[1]?.error).toBeUndefined();
  });

  test('that is cancelled end as cancelled', async (context) => {
    const id = Promise.withResolvers<string>();
    const outcome = inHandler(async (ctx) => {
      id.resolve(ctx.request().id);
      await ctx.sleep(60_000);
    }).catch((error: { status: number }) => error.status);
    await app.cancel(await id.promise);
    expect(await outcome).toBe(409);
    expect(await linesUntil('cancelled', context)).toEqual(['starts', 'cancelled']);
  });

  test('that catches its cancellation and completes end as completed', async (context) => {
    const id = Promise.withResolvers<string>();
    const outcome = inHandler(async (ctx) => {
      id.resolve(ctx.request().id);
      return ctx.sleep(60_000).then(
        () => 'slept',
        (error: unknown) => (error instanceof CancelledError ? 'woken' : String(error)),
      );
    });
    await app.cancel(await id.promise);
    expect(await outcome).toBe('woken');
    expect(await linesUntil('completed', context)).toEqual(['starts', 'completed']);
  });

  test('that is killed end as cut', async (context) => {
    const id = Promise.withResolvers<string>();
    const outcome = inHandler((ctx) =>
      run(ctx, 'long', ({ signal }) => {
        id.resolve(ctx.request().id);
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      }),
    ).catch(() => 'killed');
    await app.kill(await id.promise);
    expect(await outcome).toBe('killed');
    expect(await linesUntil('cut', context)).toEqual(['starts', 'cut']);
  });

  test.each(['returns', 'fails'] as const)('that is killed end as cut, also when the handler %s then', async (how) => {
    const id = Promise.withResolvers<string>();
    const outcome = inHandler(async (ctx) => {
      const signal = ctx.request().attemptCompletedSignal;
      id.resolve(ctx.request().id);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      if (how === 'fails') throw new TerminalError('too late');
    }).catch(() => 'killed');
    await app.kill(await id.promise);
    expect(await outcome).toBe('killed');
    await eventually(() => expect(lines.map(({ line }) => line)).toEqual(['starts', 'cut']));
  });

  test('of an object name service, handler and key', async () => {
    const seen: object[] = [];
    const stop = app.get(ReaEvents).on('attempt-ended', (payload) => seen.push(payload));
    await app.ingress.object(Box).of('k1').call.put(1, { idempotencyKey: false });
    await app.ingress.service(Stage).call.play(
      Stage.scenes.add(async () => 1),
      { idempotencyKey: false },
    );
    await eventually(() => expect(seen).toHaveLength(2));
    stop();
    expect(seen).toMatchObject([
      { service: 'Box', handler: 'put', key: 'k1', outcome: 'completed' },
      { service: 'Stage', handler: 'play', key: undefined, outcome: 'completed' },
    ]);
  });
});

describe('A listener', () => {
  test('that throws changes nothing for the invocation and for other listeners', async () => {
    const heard: string[] = [];
    const events = app.get(ReaEvents);
    const stops = [
      events.on('attempt-started', () => {
        throw new Error('bad listener');
      }),
      events.on('attempt-ended', () => {
        throw new Error('bad listener');
      }),
      events.on('attempt-ended', ({ outcome }) => heard.push(outcome)),
    ];
    expect(await inHandler(async () => 'unharmed')).toBe('unharmed');
    await eventually(() => expect(heard).toEqual(['completed']));
    for (const stop of stops) stop();
    expect(lines.map(({ line }) => line)).toEqual(['starts', 'completed']);
  });

  test('hears nothing after it has stopped', async (context) => {
    const heard: string[] = [];
    app.get(ReaEvents).on('attempt-ended', ({ outcome }) => heard.push(outcome))();
    const subscription = app.get(ReaEvents).events$.subscribe(({ type }) => heard.push(type));
    subscription.unsubscribe();
    await inHandler(async () => 'done');
    await linesUntil('completed', context);
    expect(heard).toEqual([]);
  });

  test('of all events hears them in order, on an Observable', async () => {
    const heard: string[] = [];
    const subscription = app.get(ReaEvents).events$.subscribe(({ type }) => heard.push(type));
    await inHandler(async () => 'done');
    const told = ['attempt-started', 'invocation-started', 'attempt-ended', 'invocation-ended', 'ingress-called'];
    await eventually(() => expect(heard).toEqual(told));
    subscription.unsubscribe();
  });
});
