/* oxlint-disable no-misused-promises -- forgotten promises, as people write them */
import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { all, parallel, race, run, withDeadline } from '@rea/core';
import { compensateWith } from '@rea/saga';
import { type Context, RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { afterEnd } from './after-end.js';
import { forget, type Props } from './stage.js';

/** Handler code that forgets a promise. */
export interface Shape {
  readonly name: string;
  /** How the invocation ends where guardrails are on: its code, or `success`. Undefined where that is a matter of time. */
  readonly ends: string | undefined;
  /** It works with timers, which a suspension outruns. */
  readonly isTimed?: boolean;
  /**
   * An async function that nobody awaits throws what it was refused with, or an error of its own: Node reports it, and the
   * process goes on all the same.
   */
  readonly rejects?: 'refusal' | 'own';
  readonly play: (ctx: Context, props: Props) => Promise<unknown>;
}

const NATIVE = 'REA2017';
const irreversible = { irreversible: true } as const;

const twice: readonly Shape[] = [
  {
    name: 'forEach(async), two runs',
    ends: NATIVE,
    play: async (ctx) => ['a', 'b'].forEach(async (name) => void (await run(ctx, name, () => name))),
  },
  {
    name: 'forEach(async), two calls',
    ends: NATIVE,
    play: async (_ctx, { echo }) => ['a', 'b'].forEach(async (name) => void (await echo.call.say(name))),
  },
  {
    name: 'forEach(async) beside a sleep',
    ends: NATIVE,
    play: async (ctx) => {
      ['a'].forEach(async (name) => void (await run(ctx, name, () => name)));
      await ctx.sleep(20);
    },
  },
  {
    name: 'a forgotten helper beside a run',
    ends: NATIVE,
    play: async (ctx) => {
      void forget(ctx, 'helper');
      return run(ctx, 'own', () => 'own');
    },
  },
  {
    name: 'a forgotten helper after a sleep',
    ends: NATIVE,
    play: async (ctx) => {
      await ctx.sleep(10);
      void forget(ctx, 'helper');
      await ctx.sleep(10);
    },
  },
  {
    name: 'map(async) without Promise.all',
    ends: NATIVE,
    play: async (ctx) => ['a', 'b'].map(async (name) => run(ctx, name, () => name)).length,
  },
  {
    name: 'a Promise.all that nobody awaits',
    ends: NATIVE,
    play: async (ctx) => {
      void Promise.all([forget(ctx, 'a'), forget(ctx, 'b')]);
      await ctx.sleep(20);
    },
  },
  { name: 'Promise.race', ends: NATIVE, play: (ctx) => Promise.race([forget(ctx, 'a'), forget(ctx, 'b')]) },
  { name: 'Promise.any', ends: NATIVE, play: (ctx) => Promise.any([forget(ctx, 'a'), forget(ctx, 'b')]) },
  { name: 'Promise.allSettled', ends: NATIVE, play: (ctx) => Promise.allSettled([ctx.sleep(5), ctx.sleep(5)]) },
  {
    name: 'then() without return',
    ends: NATIVE,
    play: async (ctx, { echo }) => {
      void ctx.sleep(5).then(() => void echo.call.say('a'));
      await ctx.sleep(50);
    },
  },
  {
    name: 'then(async) without return',
    ends: NATIVE,
    play: async (ctx) => {
      await Promise.resolve().then(() => void forget(ctx, 'a'));
      await ctx.sleep(50);
    },
  },
  {
    name: 'setTimeout(async)',
    ends: NATIVE,
    isTimed: true,
    play: async (ctx) => {
      setTimeout(async () => void (await forget(ctx, 'a')), 5);
      await ctx.sleep(150);
    },
  },
  {
    name: 'setImmediate(async)',
    ends: NATIVE,
    isTimed: true,
    play: async (ctx) => {
      setImmediate(async () => void (await forget(ctx, 'a')));
      await ctx.sleep(150);
    },
  },
  {
    name: 'queueMicrotask(async)',
    ends: NATIVE,
    play: async (ctx) => {
      queueMicrotask(async () => void (await forget(ctx, 'a')));
      await ctx.sleep(50);
    },
  },
  {
    name: 'nextTick(async)',
    ends: NATIVE,
    play: async (ctx) => {
      process.nextTick(async () => void (await forget(ctx, 'a')));
      await ctx.sleep(50);
    },
  },
  {
    name: 'an async listener',
    ends: NATIVE,
    play: async (ctx) => {
      const emitter = new EventEmitter();
      emitter.on('order', async (text: string) => void (await forget(ctx, text)));
      emitter.emit('order', 'a');
      await ctx.sleep(20);
    },
  },
  {
    name: 'for await that nobody awaits',
    ends: NATIVE,
    play: async (ctx) => {
      void (async () => {
        for await (const _ of generate(ctx)) await ctx.sleep(1);
      })();
      await ctx.sleep(20);
    },
  },
  {
    name: 'a generator that is pulled twice',
    ends: NATIVE,
    play: async (ctx) => {
      void generate(ctx).next();
      await generate(ctx).next();
    },
  },
  {
    name: 'new Promise(async)',
    ends: NATIVE,
    play: async (ctx) => {
      // oxlint-disable-next-line no-async-promise-executor -- as people write it
      void new Promise(async (resolve) => resolve(await forget(ctx, 'a')));
      await ctx.sleep(20);
    },
  },
  {
    name: 'a helper with finally and no catch',
    ends: NATIVE,
    play: async (ctx) => {
      void forget(ctx, 'a').finally(() => undefined);
      await ctx.sleep(20);
    },
  },
  {
    name: 'reduce(async)',
    ends: NATIVE,
    play: async (ctx) => {
      void ['a', 'b'].reduce(async (_before, name) => run(ctx, name, () => name), Promise.resolve(''));
      await ctx.sleep(20);
    },
  },
  {
    name: 'beside branches',
    ends: undefined,
    play: async (ctx) => {
      void forget(ctx, 'a');
      return parallel(ctx, [() => ctx.sleep(5), () => ctx.sleep(5)]);
    },
  },
  {
    name: 'beside a deadline',
    ends: undefined,
    play: async (ctx) => {
      void forget(ctx, 'a');
      return withDeadline(ctx, 1_000, async () => ctx.sleep(5));
    },
  },
];

const refused: readonly Shape[] = [
  {
    name: 'a call in forEach(async) in a run',
    ends: 'REA2001',
    rejects: 'refusal',
    play: (ctx, { echo }) =>
      run(ctx, 'outer', async () => {
        ['a'].forEach(async (name) => void (await echo.call.say(name)));
        await pause(20);
      }),
  },
  {
    name: 'a run in a forgotten helper in a run',
    ends: 'REA2001',
    rejects: 'refusal',
    play: (ctx) => run(ctx, 'outer', async () => void forget(ctx, 'inner')),
  },
  {
    name: 'a refusal as the handler returns',
    ends: 'REA2015',
    rejects: 'refusal',
    play: async (_ctx, { echo }) => {
      ['a'].forEach(async () => void (await echo.call.say('x'.repeat(2_000_000))));
    },
  },
  {
    name: 'a refusal that is caught',
    ends: 'success',
    play: async (_ctx, { echo }) => {
      void (async () => echo.call.say('x'.repeat(2_000_000)))().catch(() => undefined);
    },
  },
];

const sagas: readonly Shape[] = [
  {
    name: 'steps in forEach(async)',
    ends: NATIVE,
    rejects: 'refusal',
    play: (ctx, p) =>
      p.sagas.run(ctx, 'order', async (saga) => {
        ['a', 'b'].forEach(
          async (name) => void (await saga.step(name, { ...irreversible, action: () => run(ctx, name, () => name) })),
        );
        await ctx.sleep(50);
      }),
  },
  {
    name: 'a step after its saga',
    ends: 'success',
    rejects: 'own',
    play: async (ctx, p) => {
      await p.sagas.run(ctx, 'order', async (saga) => {
        void pause(5).then(() => saga.step('late', { ...irreversible, action: async () => 1 }));
      });
    },
  },
  {
    name: 'a step that is refused, and forgotten',
    ends: 'REA8008',
    rejects: 'own',
    play: (ctx, p) =>
      p.sagas.run(ctx, 'order', async (saga) => {
        void saga.step('half', { action: async () => 1 } as never);
        await ctx.sleep(20);
      }),
  },
  {
    name: 'a helper in a compensation',
    ends: NATIVE,
    play: (ctx, p) =>
      p.sagas.run(ctx, 'order', async (saga) => {
        await saga.step('a', {
          compensate: () => async (inner) => {
            void forget(inner, 'undo');
            await inner.sleep(10);
          },
          action: async () => 1,
        });
        throw new TerminalError('no');
      }),
  },
  {
    name: 'a compensation that nobody has',
    ends: 'REA2030',
    rejects: 'refusal',
    play: (ctx, p) =>
      p.sagas.run(ctx, 'order', async (saga) => {
        void saga.step('a', { compensate: () => compensateWith('nobody'), action: async () => 1 });
        await ctx.sleep(10);
      }),
  },
];

const own: readonly Shape[] = [
  {
    name: 'an own terminal error beside a wait',
    ends: '418',
    rejects: 'own',
    play: async (ctx) => {
      void fails(new TerminalError('own', { errorCode: 418 }));
      await pause(1_000);
      await ctx.sleep(1);
    },
  },
  {
    name: 'an own error beside a wait',
    ends: '500',
    rejects: 'own',
    play: async (ctx) => {
      void fails(new TypeError('a bug'));
      await pause(1_000);
      await ctx.sleep(1);
    },
  },
  {
    name: 'a call that fails in a forgotten helper',
    ends: '422',
    rejects: 'own',
    play: async (_ctx, { echo }) => {
      void echo.call.fail('no').then(() => undefined);
      await pause(1_000);
    },
  },
  {
    name: 'an error as the handler returns',
    ends: 'success',
    rejects: 'own',
    play: async () => {
      ['a'].forEach(async () => {
        throw new Error('own');
      });
    },
  },
  {
    name: 'all() of which a part fails, and which nobody awaits',
    ends: 'success',
    play: async (ctx, { echo }) => {
      const call = echo.call.fail('no');
      void all(ctx, [call, ctx.sleep(5)]);
      void race(ctx, [call, ctx.sleep(1_000)]);
      await call.catch(() => undefined);
      await ctx.sleep(10);
    },
  },
  {
    name: 'a combination of the SDK of which a part fails',
    ends: '422',
    rejects: 'own',
    play: async (ctx, { echo }) => {
      const call = echo.call.fail('no');
      void RestatePromise.all([call, ctx.sleep(5)]);
      await call.catch(() => undefined);
      await ctx.sleep(1_000);
    },
  },
  {
    name: 'own errors beside a refusal',
    ends: NATIVE,
    play: async (ctx) => {
      void forget(ctx, 'a');
      await ctx.sleep(10);
      throw new Error('not reached');
    },
  },
];

export const SHAPES: readonly Shape[] = [...twice, ...refused, ...sagas, ...own, ...afterEnd];

async function* generate(ctx: Context): AsyncGenerator<string> {
  for (const name of ['a', 'b', 'c']) yield await run(ctx, name, () => name);
}

async function fails(error: Error): Promise<never> {
  await pause(5);
  throw error;
}
