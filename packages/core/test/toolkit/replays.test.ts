import { isDeepStrictEqual } from 'node:util';
import {
  all,
  allSettled,
  any,
  awakeable,
  fanOutOrThrow,
  OrderedMap,
  promise,
  promiseKey,
  race,
  rejectAwakeable,
  resolveAwakeable,
  run,
  runAsync,
  state,
} from '@rea/core';
import { type Context, type ObjectContext, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failOnce, FlowStage, ObjectStage, type Stage, Theatre, told } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** What a helper gave in each attempt of an invocation that has failed right after it. */
class Attempts {
  readonly given: unknown[] = [];
  private readonly fail = failOnce();

  async of<R>(given: Promise<R>): Promise<R> {
    const value = await given;
    this.given.push(value);
    this.fail();
    return value;
  }

  /** Whether there were several attempts, and the different things that they were given: one, if it is always the same. */
  get summary(): { readonly several: boolean; readonly given: readonly unknown[] } {
    const isFirst = (value: unknown, index: number) =>
      this.given.findIndex((each) => isDeepStrictEqual(each, value)) === index;
    return { several: this.given.length > 1, given: this.given.filter(isFirst) };
  }
}

const decision = promiseKey<string>('decision');
const effects = new Map<string, number>();

/** The scene of a workflow that ends at once. */
const trivialFlow = FlowStage.scenes.add(async () => 'done');

/** A run that counts how often it is executed. */
function counted(ctx: Context, name: string) {
  const effect = `${ctx.request().id}/${name}`;
  return runAsync(ctx, name, () => {
    effects.set(effect, (effects.get(effect) ?? 0) + 1);
    return name;
  }).result;
}

describe('After an attempt that has failed, a handler gets the same once more from', () => {
  const helpers: [string, (ctx: Context, stage: Stage) => Promise<unknown>, unknown][] = [
    ['all', async (ctx, { worker }) => all(ctx, [worker.call.answer('a'), counted(ctx, 'b')]), ['a', 'b']],
    [
      'allSettled',
      async (ctx, { worker }) =>
        (await allSettled(ctx, [worker.call.fail('no'), counted(ctx, 'b')])).map(({ status }) => status),
      ['rejected', 'fulfilled'],
    ],
    ['any', async (ctx, { worker }) => any(ctx, [worker.call.fail('no'), counted(ctx, 'b')]), 'b'],
    ['race', async (ctx) => race(ctx, [counted(ctx, 'b'), ctx.sleep({ hours: 1 })]), 'b'],
    [
      'fanOutOrThrow',
      async (ctx, { worker }) =>
        fanOutOrThrow(ctx, [counted(ctx, 'b'), worker.call.fail('no')]).catch((error: unknown) => told(error).rea),
      'REA7004',
    ],
    [
      'an awakeable that is resolved',
      async (ctx) => {
        const { id, promise: answer } = awakeable<string>(ctx);
        resolveAwakeable(ctx, id, 'yes');
        return answer;
      },
      'yes',
    ],
    [
      'an awakeable that is rejected',
      async (ctx) => {
        const { id, promise: answer } = awakeable<string>(ctx);
        rejectAwakeable(ctx, id, new TerminalError('no', { errorCode: 451 }));
        return answer.catch((error: unknown) => told(error).code);
      },
      451,
    ],
    [
      'an ordered map out of a run',
      async (ctx) => {
        const pairs = await run(ctx, 'pairs', () => new OrderedMap([['b', 2] as const, ['a', 1] as const]));
        return [...OrderedMap.fromJSON(pairs).keys()];
      },
      ['b', 'a'],
    ],
    ['a call', async (_ctx, { worker }) => worker.call.answer('a'), 'a'],
    ['a call to an object', async (ctx, { objects }) => objects.of(ctx.request().id).call.add(2), 2],
    [
      'a workflow: submit, attach, output, status',
      async (ctx, { flows }) => {
        const flow = flows.of(ctx.request().id);
        const submitted = flow.submit(trivialFlow);
        const result = await submitted.attach();
        return [result, await flow.attach(), (await flow.output()).ready, (await flow.status()).phase];
      },
      ['done', 'done', true, 'new'],
    ],
  ];

  test.each(helpers)('%s', async (_what, helper, value) => {
    const attempts = new Attempts();
    const id = await theatre.play(async (ctx, stage) => {
      await attempts.of(helper(ctx, stage));
      return ctx.request().id;
    });
    expect(attempts.summary).toEqual({ several: true, given: [value] });
    const counts = [...effects].filter(([effect]) => effect.startsWith(id)).map(([, count]) => count);
    expect(counts).toEqual(counts.map(() => 1));
  });
});

describe('After an attempt that has failed, a message', () => {
  test('is not sent again, and has the same invocation id', async () => {
    const attempts = new Attempts();
    await theatre.play((ctx, { objects }) =>
      attempts.of(objects.of(`sent-${ctx.request().id}`).send.add(1).invocationId),
    );
    expect(attempts.summary).toEqual({ several: true, given: [attempts.given[0]] });
    const [id] = attempts.given as string[];
    expect(await theatre.app.query(`select id from sys_invocation where id = '${id}'`)).toHaveLength(1);
  });
});

describe('After an attempt that has failed, state', () => {
  const count = (ctx: ObjectContext) => state(ctx, ObjectStage.count);

  test.each<[string, (ctx: ObjectContext) => Promise<unknown>, number]>([
    [
      'is read, written and updated as before',
      async (ctx) => {
        count(ctx).set(4);
        return [await count(ctx).get(), await count(ctx).update((value) => value + 1)];
      },
      5,
    ],
    [
      'is cleared as before',
      async (ctx) => {
        count(ctx).set(4);
        count(ctx).clear();
        return [await count(ctx).get(), await count(ctx).update((value) => value + 1)];
      },
      1,
    ],
  ])('%s', async (_what, scene, stored) => {
    const attempts = new Attempts();
    const key = await theatre.playObject(async (ctx) => {
      await attempts.of(scene(ctx));
      return ctx.key;
    });
    expect(attempts.summary).toEqual({ several: true, given: [[stored === 1 ? 0 : 4, stored]] });
    expect(await theatre.app.state('ObjectStage', key)).toEqual({ count: stored });
  });
});

describe("After an attempt that has failed, a workflow's promise", () => {
  const scenes: [string, (ctx: WorkflowContext) => Promise<unknown>, unknown][] = [
    [
      'is resolved once',
      async (ctx) => {
        const mine = promise(ctx, decision);
        const before = await mine.peek();
        await mine.resolve('yes');
        return [before, await mine.peek(), await mine.get()];
      },
      [undefined, 'yes', 'yes'],
    ],
    [
      'is rejected once',
      async (ctx) => {
        const mine = promise(ctx, decision);
        await mine.reject(new TerminalError('no', { errorCode: 451 }));
        return [
          await mine.get().catch((error: unknown) => told(error).code),
          await mine.peek().catch(() => 'rejected'),
        ];
      },
      [451, 'rejected'],
    ],
  ];

  test.each(scenes)('%s', async (_what, scene, value) => {
    const attempts = new Attempts();
    const { result } = await theatre.start((ctx) => attempts.of(scene(ctx)));
    await result;
    expect(attempts.summary).toEqual({ several: true, given: [value] });
  });
});
