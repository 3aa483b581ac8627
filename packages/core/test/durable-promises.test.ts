import {
  awakeable,
  Handler,
  type PayloadOptions,
  promise,
  promiseKey,
  rejectAwakeable,
  resolveAwakeable,
  Service,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError, type WorkflowContext, type WorkflowSharedContext } from '@restatedev/restate-sdk';
import { serde } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Scene, Scenes } from './support/scenes.js';

const Receipt = z.object({ total: z.number(), currency: z.string().default('EUR') });
type Receipt = z.output<typeof Receipt>;

const failure = (error: TerminalError) => ({
  terminal: error instanceof TerminalError,
  code: error.code,
  message: error.message,
  metadata: error.metadata ?? {},
});

@Service()
class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

@Workflow()
class Order {
  static readonly paid = promiseKey<Receipt>('paid', { schema: Receipt });
  static readonly photo = promiseKey<Uint8Array>('photo', { serde: serde.binary });
  static readonly note = promiseKey<string>('note');
  static readonly scenes = new Scenes<WorkflowContext, Order>();
  static readonly sharedScenes = new Scenes<WorkflowSharedContext, Order>();

  @WorkflowRun()
  async play(ctx: WorkflowContext, scene: string): Promise<unknown> {
    return Order.scenes.play(scene, ctx, this);
  }

  @WorkflowSignal()
  async tell(ctx: WorkflowSharedContext, scene: string): Promise<void> {
    await Order.sharedScenes.play(scene, ctx, this);
  }

  @WorkflowQuery()
  async ask(ctx: WorkflowSharedContext, scene: string): Promise<unknown> {
    return Order.sharedScenes.play(scene, ctx, this);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Stage, Order] });
});
afterAll(() => app?.close());

function inHandler<R>(scene: Scene<Context, Stage, R>): Promise<R> {
  return app.ingress.service(Stage).call.play(Stage.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

/** Starts an order with the scene as its body. */
async function order<R>(scene: Scene<WorkflowContext, Order, R>) {
  const id = `order-${(orders += 1)}`;
  const flow = app.ingress.workflow(Order).of(id);
  const submitted = await flow.submit(Order.scenes.add(scene));
  return {
    flow,
    result: () => submitted.attach() as Promise<R>,
    signal: (shared: Scene<WorkflowSharedContext, Order>) => flow.signal.tell(Order.sharedScenes.add(shared)),
    query: <Q>(shared: Scene<WorkflowSharedContext, Order, Q>) =>
      flow.query.ask(Order.sharedScenes.add(shared)) as Promise<Q>,
  };
}
let orders = 0;

describe('An awakeable', () => {
  /** A handler that waits for an awakeable, whose id is known to the test. */
  function waiting<T>(options: PayloadOptions<T> = {}) {
    const id = Promise.withResolvers<string>();
    const outcome = inHandler(async (ctx) => {
      const waited = awakeable(ctx, options as Required<PayloadOptions<T>>);
      id.resolve(waited.id);
      return waited.promise.then((value) => ({ value }), failure);
    });
    return { id: id.promise, outcome };
  }

  test('is resolved by another handler with a value', async () => {
    const { id, outcome } = waiting<{ total: number }>();
    const known = await id;
    await inHandler(async (ctx) => resolveAwakeable(ctx, known, { total: 7 }));
    expect(await outcome).toEqual({ value: { total: 7 } });
  });

  test('is resolved with nothing', async () => {
    const { id, outcome } = waiting<undefined>();
    const known = await id;
    await inHandler(async (ctx) => resolveAwakeable(ctx, known));
    expect(await outcome).toEqual({ value: null });
  });

  test('is rejected by another handler with a reason', async () => {
    const { id, outcome } = waiting();
    const known = await id;
    await inHandler(async (ctx) => rejectAwakeable(ctx, known, 'card expired'));
    expect(await outcome).toMatchObject({ terminal: true, message: 'card expired' });
  });

  test('is rejected with a terminal error, whose message arrives', async () => {
    const { id, outcome } = waiting();
    const known = await id;
    await inHandler(async (ctx) => rejectAwakeable(ctx, known, new TerminalError('declined', { errorCode: 402 })));
    expect(await outcome).toMatchObject({ terminal: true, message: 'declined' });
  });

  test('keeps its first completion', async () => {
    const { id, outcome } = waiting<string>();
    const known = await id;
    await inHandler(async (ctx) => {
      resolveAwakeable(ctx, known, 'first');
      resolveAwakeable(ctx, known, 'second');
      rejectAwakeable(ctx, known, 'third');
    });
    expect(await outcome).toEqual({ value: 'first' });
  });

  test('is completed before it is awaited', async () => {
    expect(
      await inHandler(async (ctx) => {
        const early = awakeable<string>(ctx);
        resolveAwakeable(ctx, early.id, 'early');
        await ctx.sleep(20);
        return early.promise;
      }),
    ).toBe('early');
  });

  test('takes what its schema makes of the payload, and refuses what does not fit with 400', async () => {
    const good = waiting<Receipt>({ schema: Receipt });
    const goodId = await good.id;
    await inHandler(async (ctx) => resolveAwakeable(ctx, goodId, { total: 1 }));
    expect(await good.outcome).toEqual({ value: { total: 1, currency: 'EUR' } });

    const bad = waiting<Receipt>({ schema: Receipt });
    const badId = await bad.id;
    await inHandler(async (ctx) => resolveAwakeable(ctx, badId, { total: 'much' }));
    expect(await bad.outcome).toMatchObject({
      terminal: true,
      code: 400,
      message: expect.stringContaining('total'),
      metadata: { 'rea.code': 'REA2010' },
    });
  });

  test('has the format of its serde', async () => {
    const id = Promise.withResolvers<string>();
    const outcome = inHandler(async (ctx) => {
      const waited = awakeable(ctx, { serde: serde.binary });
      id.resolve(waited.id);
      return [...(await waited.promise)];
    });
    const known = await id.promise;
    await inHandler(async (ctx) => resolveAwakeable(ctx, known, new Uint8Array([4, 2]), { serde: serde.binary }));
    expect(await outcome).toEqual([4, 2]);
  });
});

describe('A workflow promise', () => {
  const wait = (ctx: WorkflowContext) =>
    promise(ctx, Order.paid)
      .get()
      .then((value) => ({ value }), failure);

  test('is resolved by a signal, and queries see it', async () => {
    const { result, signal, query } = await order(wait);
    expect(await query(async (ctx) => (await promise(ctx, Order.paid).peek()) === undefined)).toBe(true);
    await signal((ctx) => promise(ctx, Order.paid).resolve({ total: 7, currency: 'USD' }));
    expect(await result()).toEqual({ value: { total: 7, currency: 'USD' } });
    expect(await query((ctx) => promise(ctx, Order.paid).peek())).toEqual({ total: 7, currency: 'USD' });
  });

  test('resolved before the run waits for it is there at once', async () => {
    const { result, signal } = await order(async (ctx) => {
      await promise(ctx, Order.note).get();
      return wait(ctx);
    });
    await signal((ctx) => promise(ctx, Order.paid).resolve({ total: 7, currency: 'USD' }));
    await signal((ctx) => promise(ctx, Order.note).resolve('go on'));
    expect(await result()).toEqual({ value: { total: 7, currency: 'USD' } });
  });

  test('resolved before the workflow is started is there at once', async () => {
    const flow = app.ingress.workflow(Order).of('early-bird');
    await flow.signal.tell(Order.sharedScenes.add((ctx) => promise(ctx, Order.note).resolve('early')));
    const submitted = await flow.submit(Order.scenes.add((ctx) => promise(ctx, Order.note).get()));
    expect(await submitted.attach()).toBe('early');
  });

  test('is rejected with status and metadata, which the run and queries get', async () => {
    const { result, signal, query } = await order(wait);
    await signal((ctx) =>
      promise(ctx, Order.paid).reject(new TerminalError('declined', { errorCode: 402, metadata: { bank: 'ACME' } })),
    );
    const declined = { terminal: true, code: 402, message: 'declined', metadata: { bank: 'ACME' } };
    expect(await result()).toEqual(declined);
    expect(await query((ctx) => promise(ctx, Order.paid).peek().then(String, failure))).toEqual(declined);
    expect(await query((ctx) => promise(ctx, Order.paid).get().then(String, failure))).toEqual(declined);
  });

  test('is rejected with a reason', async () => {
    const { result, signal } = await order(wait);
    await signal((ctx) => promise(ctx, Order.paid).reject('too late'));
    expect(await result()).toMatchObject({ terminal: true, code: 500, message: 'too late' });
  });

  test('settles once: whoever comes later gets 409', async () => {
    const { result, signal, query } = await order(wait);
    await signal((ctx) => promise(ctx, Order.paid).resolve({ total: 1, currency: 'EUR' }));
    const again = (settle: Scene<WorkflowSharedContext, Order, void>) =>
      query((ctx, self) => settle(ctx, self).then(() => 'accepted', failure));
    expect(await again((ctx) => promise(ctx, Order.paid).resolve({ total: 2, currency: 'EUR' }))).toMatchObject({
      code: 409,
    });
    expect(await again((ctx) => promise(ctx, Order.paid).reject('no'))).toMatchObject({ code: 409 });
    expect(await result()).toMatchObject({ value: { total: 1 } });
  });

  test('takes what its schema makes of the value, and refuses what does not fit with 400', async () => {
    const good = await order(wait);
    await good.signal((ctx) => promise(ctx, Order.paid).resolve({ total: 1 } as Receipt));
    expect(await good.result()).toEqual({ value: { total: 1, currency: 'EUR' } });

    const bad = await order(wait);
    await bad.signal((ctx) => promise(ctx, promiseKey<unknown>('paid')).resolve({ total: 'much' }));
    expect(await bad.result()).toMatchObject({ terminal: true, code: 400, metadata: { 'rea.code': 'REA2010' } });
  });

  test('with a serde of its own is resolved and rejected', async () => {
    const photo = (ctx: WorkflowContext) =>
      promise(ctx, Order.photo)
        .get()
        .then((bytes) => [...bytes], failure);
    const taken = await order(photo);
    await taken.signal((ctx) => promise(ctx, Order.photo).resolve(new Uint8Array([9, 8])));
    expect(await taken.result()).toEqual([9, 8]);

    const missed = await order(photo);
    await missed.signal((ctx) => promise(ctx, Order.photo).reject(new TerminalError('dark', { errorCode: 410 })));
    expect(await missed.result()).toMatchObject({ terminal: true, code: 410, message: 'dark' });
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['an empty text', ''],
    ['zero', 0],
    ['false', false],
  ])('resolved with %s is not taken for open', async (_what, value) => {
    const key = promiseKey<unknown>('anything');
    const { result, signal, query } = await order((ctx) => promise(ctx, key).get());
    await signal((ctx) => promise(ctx, key).resolve(value));
    expect(await result()).toBe(value);
    expect(await query(async (ctx) => (await promise(ctx, key).peek()) === value)).toBe(true);
  });
});
