import { Injectable } from '@nestjs/common';
import {
  all,
  awakeable,
  Handler,
  InjectClient,
  type ObjectClient,
  PolicyService,
  run,
  Service,
  type ServiceClient,
  Shared,
  state,
  stateKey,
  VirtualObject,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Scene, Scenes } from './support/scenes.js';
import { replaysAlways } from './support/test-mode.js';

@Service()
class Remote {
  @Handler()
  async ping(_ctx: Context, text: string): Promise<string> {
    return text;
  }
}

/** An ordinary provider that calls another component durably: right in a handler, wrong in a run. */
@Injectable()
class Gateway {
  constructor(@InjectClient(Remote) private readonly remote: ServiceClient<Remote>) {}

  async ping(): Promise<string> {
    return this.remote.call.ping('from the gateway');
  }
}

@VirtualObject()
class Stage {
  static readonly scenes = new Scenes<ObjectContext, Stage>();
  static readonly value = stateKey<number>('value', { default: () => 0 });

  constructor(
    @InjectClient(Remote) readonly remote: ServiceClient<Remote>,
    @InjectClient(() => Stage) readonly stages: ObjectClient<Stage>,
    readonly gateway: Gateway,
  ) {}

  @Handler()
  async play(ctx: ObjectContext, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }

  @Shared()
  async peek(ctx: ObjectSharedContext): Promise<number> {
    return state(ctx, Stage.value).get();
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Remote, Gateway, Stage] });
});
afterAll(() => app?.close());
afterEach(() => app.get(PolicyService).set('warn'));

let keys = 0;
function inHandler<R>(scene: Scene<ObjectContext, Stage, R>): Promise<R> {
  const call = app.ingress.object(Stage).of(`stage-${(keys += 1)}`).call;
  return call.play(Stage.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

type Misuse = (ctx: ObjectContext, stage: Stage) => unknown;

/** What a closure must not do, by how the message names it. */
const MISUSES: [string, RegExp, Misuse][] = [
  ['ctx.sleep', /sleep/, (ctx) => ctx.sleep(1)],
  ['ctx.run', /run/, (ctx) => ctx.run('inner', () => 1)],
  ['ctx.get', /get/, (ctx) => ctx.get('value')],
  ['ctx.set', /set/, (ctx) => ctx.set('value', 1)],
  ['ctx.clear', /clear/, (ctx) => ctx.clear('value')],
  ['ctx.clearAll', /clearAll/, (ctx) => ctx.clearAll()],
  ['ctx.stateKeys', /stateKeys/, (ctx) => ctx.stateKeys()],
  ['ctx.awakeable', /awakeable/, (ctx) => ctx.awakeable()],
  ['ctx.resolveAwakeable', /resolveAwakeable/, (ctx) => ctx.resolveAwakeable('prom_1x')],
  ['ctx.rejectAwakeable', /rejectAwakeable/, (ctx) => ctx.rejectAwakeable('prom_1x', 'no')],
  ['ctx.serviceClient', /serviceClient/, (ctx) => ctx.serviceClient({ name: 'Remote' })],
  ['ctx.objectSendClient', /objectSendClient/, (ctx) => ctx.objectSendClient({ name: 'Stage' }, 'k')],
  [
    'ctx.genericCall',
    /genericCall/,
    (ctx) => ctx.genericCall({ service: 'Remote', method: 'ping', parameter: new Uint8Array() }),
  ],
  [
    'ctx.genericSend',
    /genericSend/,
    (ctx) => ctx.genericSend({ service: 'Remote', method: 'ping', parameter: new Uint8Array() }),
  ],
  ['ctx.cancel', /cancel/, (ctx) => ctx.cancel('inv_1x' as never)],
  ['ctx.date.now', /date/, (ctx) => ctx.date.now()],
  ['ctx.rand', /rand/, (ctx) => ctx.rand.uuidv4()],
  ['run()', /run/, (ctx) => run(ctx, 'inner', () => 1)],
  ['all()', /run|all/, (ctx) => all(ctx, [run(ctx, 'a', () => 1)])],
  ['awakeable()', /awakeable/, (ctx) => awakeable(ctx)],
  ['state().get', /get/, (ctx) => state(ctx, Stage.value).get()],
  ['state().set', /set/, (ctx) => state(ctx, Stage.value).set(1)],
  ['a call of a client', /Remote call\.ping/, (_ctx, { remote }) => remote.call.ping('x')],
  ['a send of a client', /Remote send\.ping/, (_ctx, { remote }) => remote.send.ping('x')],
  ['a call of an object client', /Stage call\.peek/, (_ctx, { stages }) => stages.of('x').call.peek()],
  ['a client in an injected provider', /Remote call\.ping/, (_ctx, { gateway }) => gateway.ping()],
];

describe.each(['warn', 'strict'] as const)('In mode %s a run is refused', (mode) => {
  test.for(MISUSES)('%s', async ([, named, misuse], context) => {
    app.get(PolicyService).set(mode);
    let attempts = 0;
    let closures = 0;
    const failure = await inHandler(async (ctx, stage) => {
      attempts += 1;
      await run(ctx, 'charge-card', async () => {
        closures += 1;
        await misuse(ctx, stage);
      });
    }).then(
      () => 'accepted',
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ status: 500, response: { code: 'REA2001' } });
    const { message } = failure as Error;
    expect(message).toMatch(named);
    expect(message).toMatch(/Stage\/play/);
    expect(message).toContain('charge-card');
    expect(closures).toBe(1);
    // The failure is journaled; when the server suspends then, a second attempt reads it from there.
    expect(attempts).toBe(replaysAlways(context) ? 2 : 1);
  });

  test('the context three functions deep', async () => {
    app.get(PolicyService).set(mode);
    const sleepy = (ctx: Context) => ctx.sleep(1);
    const deeper = async (ctx: Context) => sleepy(ctx);
    const deep = async (ctx: Context) => deeper(ctx);
    await expect(inHandler((ctx) => run(ctx, 'outer', () => deep(ctx)))).rejects.toThrow(/REA2001.*sleep.*Stage\/play/);
  });

  test('the context after the closure has waited', async () => {
    app.get(PolicyService).set(mode);
    await expect(
      inHandler((ctx) =>
        run(ctx, 'outer', async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          await ctx.sleep(1);
        }),
      ),
    ).rejects.toThrow(/REA2001.*sleep.*outer/);
  });
});

test('One of several runs at once that misuses the context is named', async () => {
  await expect(
    inHandler((ctx) =>
      all(ctx, [
        run(ctx, 'good', () => 1),
        run(ctx, 'bad', async () => {
          await ctx.sleep(1);
        }),
      ]),
    ),
  ).rejects.toThrow(/REA2001.*bad/);
});

test('What a run may use works: values, providers, its own context, and the request', async () => {
  expect(
    await inHandler(async (ctx) => {
      const price = await ctx.get<number>('price');
      return run(ctx, 'pure', ({ idempotencyKey }) => [price, idempotencyKey.startsWith(ctx.request().id), ctx.key]);
    }),
  ).toEqual([null, true, `stage-${keys}`]);
});

test('After a run the context works again', async () => {
  expect(
    await inHandler(async (ctx, { remote, gateway }) => {
      await run(ctx, 'pure', () => 1);
      await ctx.sleep(1);
      return [await remote.call.ping('x'), await gateway.ping()];
    }),
  ).toEqual(['x', 'from the gateway']);
});

test('In mode disabled the handler is given the context of the SDK itself, and nothing of Rea refuses', async () => {
  app.get(PolicyService).set('disabled');
  const description = await inHandler(async (ctx) => {
    const guarded = await run(ctx, 'misuse', () => {
      try {
        return typeof ctx.date.now === 'function' ? 'no complaint' : 'no clock';
      } catch (error) {
        return String(error);
      }
    });
    return [Object.getPrototypeOf(ctx).constructor.name, guarded];
  });
  expect(description).toEqual(['ContextImpl', 'no complaint']);
});
