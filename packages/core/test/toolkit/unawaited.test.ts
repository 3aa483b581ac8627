import { setTimeout as pause } from 'node:timers/promises';
import {
  all,
  allSettled,
  any,
  asCompleted,
  awakeable,
  fanOut,
  mapConcurrent,
  now,
  orDefault,
  parallel,
  parallelSettled,
  PolicyService,
  race,
  raceNamed,
  ReaEvents,
  run,
  runAsync,
  sleep,
  type Violation,
  withDeadline,
  withPolicy,
  withTimeout,
} from '@rea/core';
import type { HttpException } from '@nestjs/common';
import { type Context, RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { failOnce, type Stage, Theatre } from './stage.js';

let theatre: Theatre;
const violations: Violation[] = [];
beforeAll(async () => {
  theatre = await Theatre.open({ policy: 'warn' });
  theatre.app.get(ReaEvents).on('violation', (violation) => violations.push(violation));
});
afterAll(() => theatre?.close());
beforeEach(() => {
  violations.length = 0;
});

type Scene = (ctx: Context, stage: Stage) => Promise<unknown>;

const never = (ctx: Context) => run(ctx, 'never', () => 'done');
const held = (ctx: Context, { worker }: Stage) => worker.call.hold(`unawaited-${ctx.request().id}`);

describe('What is started and not awaited is refused, by name:', { meta: { claim: 'unawaited' } }, () => {
  const scenes: [string, string | RegExp, Scene][] = [
    ['void run', 'The run "never"', async (ctx) => void never(ctx)],
    [
      'a run beside another',
      'The run "never"',
      async (ctx) => {
        void never(ctx);
        await run(ctx, 'own', () => 1);
      },
    ],
    [
      'a run and a sleep',
      'The run "never"',
      async (ctx) => {
        void never(ctx);
        await sleep(ctx, 5);
      },
    ],
    ['a run of the SDK', 'The run "raw"', async (ctx) => void ctx.run('raw', () => 1)],
    ['a run without a name', 'A run without a name', async (ctx) => void ctx.run(() => 1)],
    ['runAsync', 'The run "handle"', async (ctx) => void runAsync(ctx, 'handle', () => 1)],
    ['a run in forEach(async)', 'The run "a"', async (ctx) => ['a'].forEach((name) => void helper(ctx, name))],
    [
      'runs of map',
      'The run "a", the run "b"',
      async (ctx) => ['a', 'b'].map((name) => run(ctx, name, () => name)).length,
    ],
    [
      'many runs',
      /the run "4" and 15 more/i,
      async (ctx) => {
        for (let index = 0; index < 20; index += 1) void run(ctx, `${index}`, () => index);
      },
    ],
    [
      'one of a thousand',
      'The run "never"',
      async (ctx) => {
        void never(ctx);
        for (let index = 0; index < 200; index += 1) await run(ctx, 'own', () => index);
      },
    ],
    ['a mapped run', 'The run "never"', async (ctx) => void never(ctx).map(() => 1)],
    ['a run with a bound', 'The run "never"', async (ctx) => void never(ctx).orTimeout(5)],
    ['a combination', 'The run "never"', async (ctx) => void all(ctx, [never(ctx)])],
    ['a race', 'The run "never"', async (ctx) => void race(ctx, [never(ctx), sleep(ctx, 5)])],
    ['a combination of the SDK', 'The run "never"', async (ctx) => void RestatePromise.allSettled([never(ctx)])],
    ['a helper', 'The run "helper"', async (ctx) => void helper(ctx, 'helper')],
    ['then without an end', 'The run "never"', async (ctx) => void never(ctx).then(() => undefined)],
    ['a branch', 'A branch', async (ctx) => void parallel(ctx, [() => sleep(ctx, 60_000)])],
    ['branches of a list', /branch/, async (ctx) => void mapConcurrent(ctx, [1, 2], 2, () => sleep(ctx, 60_000))],
    ['a block with a deadline', 'A branch', async (ctx) => void withDeadline(ctx, 60_000, () => sleep(ctx, 50_000))],
    ['a run in a branch', 'The run "never"', (ctx) => parallel(ctx, [async () => void never(ctx)])],
    [
      'a run in a branch, beside another',
      'The run "never"',
      (ctx) => parallel(ctx, { a: async () => void never(ctx), b: () => sleep(ctx, 20) }),
    ],
    ['a run in an item', 'The run "never"', (ctx) => mapConcurrent(ctx, [1], 1, async () => void never(ctx))],
    ['a run in a block', 'The run "never"', (ctx) => withDeadline(ctx, 60_000, async () => void never(ctx))],
    [
      'a branch in a branch',
      'A branch',
      (ctx) => parallel(ctx, [async () => void parallel(ctx, [() => sleep(ctx, 60_000)])]),
    ],
    ['a run whose handle is returned', 'The run "never"', (ctx) => parallel(ctx, [async () => [never(ctx)]])],
  ];

  test.each(scenes)('%s', async (_what, name, scene) => {
    const fail = failOnce();
    await expect(
      theatre.play(async (ctx, stage) => {
        const value = await scene(ctx, stage);
        fail();
        return value;
      }),
    ).rejects.toMatchObject({ status: 500, response: { code: 'REA2050' } });
    expect(violations[0]).toMatchObject({ rule: { id: 'unawaited' }, place: 'Stage/play', refused: true });
    expect(violations[0]!.what).toMatch(name);
  });

  test('in an object and a workflow', async () => {
    tried(2);
    await expect(theatre.playObject(async (ctx) => void never(ctx))).rejects.toMatchObject({
      response: { code: 'REA2050' },
    });
    const { result } = await theatre.start(async (ctx) => void never(ctx));
    await expect(result).rejects.toMatchObject({ response: { code: 'REA2050' } });
  });

  async function helper(ctx: Context, name: string): Promise<void> {
    await run(ctx, name, () => name);
  }
});

describe('What need not be awaited is left alone:', { meta: { claim: 'unawaited' } }, () => {
  const scenes: [string, Scene][] = [
    ['the losers of race', (ctx, stage) => race(ctx, [sleep(ctx, 5), held(ctx, stage), slow(ctx)])],
    ['the losers of raceNamed', (ctx, stage) => raceNamed(ctx, { a: sleep(ctx, 5), b: held(ctx, stage) })],
    ['the losers of any', (ctx, stage) => any(ctx, [sleep(ctx, 5), held(ctx, stage)])],
    ["the losers of the SDK's race", (ctx, stage) => RestatePromise.race([sleep(ctx, 5), held(ctx, stage)])],
    ['nested losers', (ctx, stage) => race(ctx, [sleep(ctx, 5), all(ctx, [held(ctx, stage), slow(ctx)])])],
    ['mapped losers', (ctx, stage) => race(ctx, [sleep(ctx, 5), held(ctx, stage).map(() => 1)])],
    ['withTimeout', (ctx, stage) => withTimeout(ctx, held(ctx, stage), 5)],
    ['orDefault', (ctx, stage) => orDefault(ctx, held(ctx, stage), 5, 'late')],
    ['orTimeout', (ctx, stage) => (held(ctx, stage) as RestatePromise<string>).orTimeout(5).catch(() => 'late')],
    ['a run that is late', (ctx) => withTimeout(ctx, slow(ctx), 20)],
    [
      'the rest of all() that has failed',
      (ctx, stage) => all(ctx, [stage.worker.call.fail('x'), held(ctx, stage)]).catch(() => 'failed'),
    ],
    [
      'what asCompleted leaves',
      async (ctx, stage) => {
        for await (const _ of asCompleted(ctx, [sleep(ctx, 5), held(ctx, stage), slow(ctx)])) break;
      },
    ],
    [
      'what a deadline interrupts',
      (ctx, stage) => withDeadline(ctx, 10, async () => held(ctx, stage)).catch(() => 'late'),
    ],
    ['a run that a deadline interrupts', (ctx) => withDeadline(ctx, 20, async () => slow(ctx)).catch(() => 'late')],
    [
      'branches that a deadline interrupts',
      (ctx, stage) =>
        withDeadline(ctx, 10, () => parallel(ctx, [async () => held(ctx, stage), () => sleep(ctx, 1)])).catch(
          () => 'late',
        ),
    ],
    [
      'futures that are awaited together',
      async (ctx, { worker }) => {
        const futures = [runAsync(ctx, 'a', () => 1).result, run(ctx, 'b', () => 2), worker.call.answer('c')] as const;
        await all(ctx, futures);
        await allSettled(ctx, futures);
        return fanOut(ctx, futures);
      },
    ],
    [
      'futures that are awaited later',
      async (ctx, { worker }) => {
        const [first, second, third] = [run(ctx, 'a', () => 1), worker.call.answer('b'), never(ctx)];
        await sleep(ctx, 5);
        return [await third, await second, await first];
      },
    ],
    ['mapped futures', async (ctx) => never(ctx).map(() => 1)],
    [
      'futures that are awaited in branches',
      async (ctx) => {
        const [first, second] = [run(ctx, 'a', () => 1), run(ctx, 'b', () => 2)];
        return parallel(ctx, [async () => first, async () => second]);
      },
    ],
    [
      'a branch that races',
      (ctx, stage) => parallel(ctx, [async () => race(ctx, [sleep(ctx, 5), held(ctx, stage)]), () => sleep(ctx, 1)]),
    ],
    [
      'branches that fail',
      (ctx, { worker }) => parallelSettled(ctx, [async () => worker.call.fail('x'), async () => never(ctx)]),
    ],
    [
      'what has no effect',
      async (ctx) => {
        void sleep(ctx, 60_000);
        awakeable(ctx);
        void ctx.awakeable();
        void now;
      },
    ],
    ['messages', async (_ctx, { worker }) => void worker.send.answer('a')],
    ['a call whose id is awaited', async (ctx, stage) => held(ctx, stage).invocationId],
    [
      'what awaits natively, one after another',
      async (ctx) => {
        await Promise.all([never(ctx), Promise.resolve()]);
        await Promise.resolve().then(() => never(ctx));
      },
    ],
  ];

  test.each(scenes)('%s', async (_what, scene) => {
    const fail = failOnce();
    await theatre.play(async (ctx, stage) => {
      await scene(ctx, stage);
      fail();
    });
    expect(violations).toEqual([]);
  });

  /** Takes longer than what it races with; a server that always replays waits for it. */
  function slow(ctx: Context) {
    return run(ctx, 'slow', () => pause(200, 'slow'));
  }
});

describe('A call whose answer nobody awaits', { meta: { claim: 'unawaited' } }, () => {
  const forgotten: Scene = async (_ctx, { worker }) => void worker.call.answer('a');
  const outcome = (scene: Scene) =>
    theatre.play(scene).then(
      () => 'success',
      (error: HttpException) => (error.getResponse() as { code?: string }).code ?? 'failed',
    );

  test('is reported, and made', async () => {
    expect(await outcome(forgotten)).toBe('success');
    expect(violations[0]).toMatchObject({ rule: { id: 'unawaited-call' }, refused: false, place: 'Stage/play' });
    expect(violations[0]!.what).toMatch(/Worker\/answer/);
  });

  test('is refused where the policy is strict, and obeys it where it is made', async () => {
    tried(4);
    const within =
      (mode: 'strict' | 'disabled'): Scene =>
      async (_ctx, { worker }) =>
        withPolicy({ 'unawaited-call': mode }, () => void worker.call.answer('a'));
    expect(await outcome(within('strict'))).toBe('REA2051');
    expect(await outcome(within('disabled'))).toBe('success');
    expect(await outcome(async (ctx) => withPolicy({ unawaited: 'disabled' }, () => void never(ctx)))).toBe('success');
    expect(await outcome(async (ctx) => withPolicy('disabled', () => void never(ctx)))).toBe('success');
  });

  test('is refused in a branch', async () => {
    await outcome((ctx, stage) => parallel(ctx, [() => forgotten(ctx, stage)]));
    expect(violations.map(({ rule }) => rule.id)).toContain('unawaited-call');
  });
});

describe('When the handler throws, what it did not await', { meta: { claim: 'unawaited' } }, () => {
  test.for<[string, Scene]>([
    ['a run', async (ctx) => void never(ctx)],
    ['a call', async (_ctx, { worker }) => void worker.call.answer('a')],
    ['a branch', async (ctx) => void parallel(ctx, [() => sleep(ctx, 60_000)])],
  ])('does not hide its error: %s', async ([, scene]) => {
    await expect(
      theatre.play(async (ctx, stage) => {
        await scene(ctx, stage);
        throw new TerminalError('its own', { errorCode: 418 });
      }),
    ).rejects.toMatchObject({ status: 418 });
    expect(violations).toEqual([]);
  });
});

describe('After a cancellation,', { meta: { claim: 'unawaited' } }, () => {
  test.for<[string, Scene]>([
    ['a call', (ctx, stage) => held(ctx, stage)],
    ['a combination', (ctx, stage) => all(ctx, [held(ctx, stage), sleep(ctx, 60_000)])],
  ])('what it has interrupted was awaited: %s', async ([, wait]) => {
    const ready = Promise.withResolvers<string>();
    const outcome = theatre.play(async (ctx, stage) => {
      const waiting = wait(ctx, stage);
      ready.resolve(ctx.request().id);
      return waiting.catch(() => run(ctx, 'clean up', () => 'cleaned'));
    });
    await theatre.app.cancel(await ready.promise);
    expect(await outcome).toBe('cleaned');
    expect(violations).toEqual([]);
  });
});

describe('Disabled, the guardrail', { meta: { claim: 'unawaited' } }, () => {
  const ids = ['unawaited', 'unawaited-call'] as const;
  beforeEach(() => ids.forEach((id) => theatre.app.get(PolicyService).set('disabled', id)));
  afterEach(() => ids.forEach((id) => theatre.app.get(PolicyService).set('warn', id)));

  test('finds nothing', async () => {
    await theatre.play(async (ctx, { worker }) => {
      void never(ctx);
      void worker.call.answer('a');
    });
    expect(violations).toEqual([]);
  });
});
