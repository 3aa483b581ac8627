import {
  awakeable,
  Handler,
  InjectClient,
  now,
  type ObjectClient,
  type Plane,
  PolicyService,
  promise,
  promiseKey,
  ReaEvents,
  rejectAwakeable,
  resolveAwakeable,
  run,
  runAsync,
  Service,
  type ServiceClient,
  Shared,
  state,
  stateKey,
  uuid,
  type Violation,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowRun,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, ObjectSharedContext, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Scene, Scenes } from '../support/scenes.js';

@Service()
class Echo {
  @Handler()
  async say(_ctx: Context, text: string): Promise<string> {
    return text;
  }
}

@VirtualObject()
class Plain {
  @Shared()
  async look(_ctx: ObjectSharedContext): Promise<string> {
    return 'seen';
  }
}

@Workflow({ retention: 'standard', status: true })
class Flow {
  @WorkflowRun()
  async go(_ctx: WorkflowContext, text: string): Promise<string> {
    return text;
  }
}

const count = stateKey<number>('count', { default: () => 0 });
const note = promiseKey<string>('note');

/** What scenes find: the clients of a component on some plane. */
interface Clients {
  readonly echo: ServiceClient<Echo>;
  readonly plain: ObjectClient<Plain>;
  readonly flows: WorkflowClient<Flow>;
}

function componentsOf(plane: Plane | undefined) {
  const scenes = new Scenes<Context, Clients>();
  const objectScenes = new Scenes<ObjectContext, Clients>();
  const options = plane ? { plane } : {};
  const suffix = plane ?? 'any';

  @Service({ name: `Service_${suffix}`, ...options })
  class PlaneService {
    constructor(
      @InjectClient(Echo) readonly echo: ServiceClient<Echo>,
      @InjectClient(Plain) readonly plain: ObjectClient<Plain>,
      @InjectClient(Flow) readonly flows: WorkflowClient<Flow>,
    ) {}

    @Handler()
    async play(ctx: Context, scene: string): Promise<unknown> {
      return scenes.play(scene, ctx, this);
    }
  }

  @VirtualObject({ name: `Object_${suffix}`, ...options })
  class PlaneObject {
    constructor(
      @InjectClient(Echo) readonly echo: ServiceClient<Echo>,
      @InjectClient(Plain) readonly plain: ObjectClient<Plain>,
      @InjectClient(Flow) readonly flows: WorkflowClient<Flow>,
    ) {}

    @Handler()
    async play(ctx: ObjectContext, scene: string): Promise<unknown> {
      return objectScenes.play(scene, ctx, this);
    }
  }
  return { scenes, objectScenes, PlaneService, PlaneObject };
}

const planes = { data: componentsOf('data'), control: componentsOf('control'), any: componentsOf(undefined) };

let app: ReaTestApp;
const found: Violation[] = [];
beforeAll(async () => {
  app = await createTestApp({
    providers: [Echo, Plain, Flow, ...Object.values(planes).flatMap((each) => [each.PlaneService, each.PlaneObject])],
  });
  app.get(ReaEvents).on('violation', (violation) => found.push(violation));
});
afterAll(() => app?.close());
beforeEach(() => {
  found.length = 0;
  app.get(PolicyService).set('strict');
});
afterEach(() => app.get(PolicyService).set('warn'));

type Where = 'data' | 'control' | 'any';

function play<R>(where: Where, scene: Scene<Context, Clients, R>): Promise<R> {
  const { scenes, PlaneService } = planes[where];
  return app.ingress.service(PlaneService).call.play(scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

let keys = 0;
function playObject<R>(where: Where, scene: Scene<ObjectContext, Clients, R>): Promise<R> {
  const { objectScenes, PlaneObject } = planes[where];
  keys += 1;
  const object = app.ingress.object(PlaneObject).of(`key-${keys}`);
  return object.call.play(objectScenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

type AnyScene = Scene<Context, Clients>;
const refusedOn = (plane: Plane, what: RegExp) => ({
  status: 500,
  response: {
    code: 'REA2009',
    message: expect.stringMatching(new RegExp(`plane: ${what.source}.* on the ${plane} plane in`)),
  },
});

const orchestration: [string, RegExp, AnyScene][] = [
  ['call a service', /Echo call\.say\(\)/, (_ctx, { echo }) => echo.call.say('hello')],
  ['send a message', /Echo send\.say\(\)/, async (_ctx, { echo }) => void echo.send.say('hello')],
  ['ask an object', /Plain call\.look\(\)/, (_ctx, { plain }) => plain.of('a').call.look()],
  ['submit a workflow', /Flow submit\(\)/, async (ctx, { flows }) => void flows.of(ctx.request().id).submit('x')],
  ['attach to a workflow', /Flow attach/, (_ctx, { flows }) => flows.of('a').attach()],
  ['ask for the output of a workflow', /Flow output/, (_ctx, { flows }) => flows.of('a').output()],
  ['ask for the status of a workflow', /Flow status/, (_ctx, { flows }) => flows.of('a').status()],
  [
    'call with the SDK itself',
    /ctx\.serviceClient\(\)/,
    (ctx) =>
      ctx
        .serviceClient<{ say(ctx: Context, text: string): Promise<string> }>({ name: `${app.namespace}.Echo` })
        .say('x'),
  ],
  ['make an awakeable', /ctx\.awakeable\(\)/, async (ctx) => void awakeable(ctx)],
  ['wait for a signal', /ctx\.signal\("go"\)/, async (ctx) => void ctx.signal('go')],
  ['complete an awakeable', /ctx\.resolveAwakeable\(/, async (ctx) => resolveAwakeable(ctx, 'sign_1', 'x')],
  ['reject an awakeable', /ctx\.rejectAwakeable\(/, async (ctx) => rejectAwakeable(ctx, 'sign_1', 'x')],
  ['steer another invocation', /ctx\.invocation\(/, async (ctx) => void ctx.invocation(ctx.request().id)],
  ['cancel another invocation', /ctx\.cancel\(/, async (ctx) => ctx.cancel(ctx.request().id)],
  ['attach to another invocation', /ctx\.attach\(/, (ctx) => ctx.attach(ctx.request().id)],
];

describe('A service that is declared to be on the data plane', { meta: { claim: 'planes' } }, () => {
  test.each(orchestration)('is refused to %s', async (_what, what, scene) => {
    await expect(play('data', scene)).rejects.toMatchObject(refusedOn('data', what));
  });

  test('runs side effects, and uses the clock and random values', async () => {
    expect(
      await play('data', async (ctx) => [
        await run(ctx, 'effect', () => 1),
        await runAsync(ctx, 'effect', () => 2).result,
        typeof (await now(ctx)),
        typeof uuid(ctx),
        await ctx.sleep(1).then(() => 'slept'),
      ]),
    ).toEqual([1, 2, 'object', 'string', 'slept']);
    expect(found).toEqual([]);
  });

  test('reports once per place in mode warn, and goes on', async () => {
    app.get(PolicyService).set('warn');
    expect(await play('data', (_ctx, { echo }) => echo.call.say('hello'))).toBe('hello');
    expect(found.length).toBeGreaterThan(0);
    for (const each of found) {
      expect(each).toMatchObject({
        rule: { id: 'plane', code: 'REA2009' },
        place: 'Service_data/play',
        refused: false,
      });
    }
  });
});

describe('An object that is declared to be on the data plane', { meta: { claim: 'planes' } }, () => {
  test.each<[string, RegExp, Scene<ObjectContext, Clients>]>([
    ['set state', /ctx\.set\("count"\)/, async (ctx) => state(ctx, count).set(1)],
    ['update state', /ctx\.set\("count"\)/, (ctx) => state(ctx, count).update((value) => value + 1)],
    ['clear state', /ctx\.clear\("count"\)/, async (ctx) => state(ctx, count).clear()],
    ['clear all state', /ctx\.clearAll\(\)/, async (ctx) => ctx.clearAll()],
    ['call a service', /Echo call\.say\(\)/, (_ctx, { echo }) => echo.call.say('hello')],
  ])('is refused to %s', async (_what, what, scene) => {
    await expect(playObject('data', scene)).rejects.toMatchObject(refusedOn('data', what));
  });

  test('reads state and runs side effects', async () => {
    expect(
      await playObject('data', async (ctx) => [await state(ctx, count).get(), await run(ctx, 'effect', () => 1)]),
    ).toEqual([0, 1]);
    expect(found).toEqual([]);
  });
});

describe('A component that is declared to be on the control plane', { meta: { claim: 'planes' } }, () => {
  test.each<[string, RegExp, AnyScene]>([
    ['run a side effect', /ctx\.run\("effect"\)/, (ctx) => run(ctx, 'effect', () => 1)],
    ['start a side effect', /ctx\.run\("effect"\)/, (ctx) => runAsync(ctx, 'effect', () => 1).result],
    ['run one with the context itself', /ctx\.run\("effect"\)/, (ctx) => ctx.run('effect', () => 1)],
  ])('is refused to %s', async (_what, what, scene) => {
    let effects = 0;
    await expect(
      play('control', async (ctx, clients) => {
        await scene(ctx, clients);
        effects += 1;
      }),
    ).rejects.toMatchObject(refusedOn('control', what));
    await expect(playObject('control', scene)).rejects.toMatchObject(refusedOn('control', what));
    expect(effects).toBe(0);
  });

  test('calls, sends, submits, waits, keeps state, and uses the clock and random values', async () => {
    expect(
      await play('control', async (ctx, { echo, flows }) => {
        echo.send.say('later');
        const { id, promise: arrived } = awakeable<string>(ctx);
        ctx.resolveAwakeable(id, 'woken');
        const flow = flows.of(ctx.request().id).submit('shipped');
        return [
          await echo.call.say('hello'),
          await arrived,
          await flow.attach(),
          typeof (await now(ctx)),
          typeof uuid(ctx),
        ];
      }),
    ).toEqual(['hello', 'woken', 'shipped', 'object', 'string']);
    expect(await playObject('control', (ctx) => state(ctx, count).update((value) => value + 1))).toBe(1);
    expect(found).toEqual([]);
  });

  test('reports in mode warn, and goes on', async () => {
    app.get(PolicyService).set('warn');
    expect(await play('control', (ctx) => run(ctx, 'effect', () => 1))).toBe(1);
    expect(found.map(({ rule, refused }) => [rule.id, refused])).toContainEqual(['plane', false]);
  });
});

describe('A component that declares no plane', () => {
  test('may do everything in mode strict', async () => {
    expect(
      await play('any', async (ctx, { echo, flows }) => {
        const { id, promise: arrived } = awakeable<string>(ctx);
        ctx.resolveAwakeable(id, 'woken');
        const flow = flows.of(ctx.request().id).submit('shipped');
        return [await echo.call.say('hello'), await arrived, await flow.attach(), await run(ctx, 'effect', () => 1)];
      }),
    ).toEqual(['hello', 'woken', 'shipped', 1]);
    expect(
      await playObject('any', async (ctx) => [
        await run(ctx, 'effect', () => 1),
        await state(ctx, count).update((value) => value + 1),
      ]),
    ).toEqual([1, 1]);
    expect(found).toEqual([]);
  });
});

describe('A workflow that declares its plane', () => {
  test.each(['control', 'data'] as const)('is not told about what Rea notes itself: %s', async (plane) => {
    @Workflow({ name: `Flow_${plane}`, plane, retention: 'high-volume' })
    class Planned {
      @WorkflowRun()
      async go(_ctx: WorkflowContext): Promise<string> {
        return 'done';
      }
    }
    await using other = await createTestApp({ providers: [Planned], rea: { policy: 'strict' } });
    const seen: Violation[] = [];
    other.get(ReaEvents).on('violation', (violation) => seen.push(violation));
    expect(await (await other.ingress.workflow(Planned).of('a').submit()).attach()).toBe('done');
    expect(seen).toEqual([]);
  });

  test('is refused on the data plane to wait for a promise', async () => {
    @Workflow({ name: 'Waiting', plane: 'data', retention: 'standard' })
    class Waiting {
      @WorkflowRun()
      async go(ctx: WorkflowContext): Promise<string> {
        return promise(ctx, note).get();
      }
    }
    await using other = await createTestApp({ providers: [Waiting], rea: { policy: 'strict' } });
    const attached = (await other.ingress.workflow(Waiting).of('a').submit()).attach();
    await expect(attached).rejects.toMatchObject(refusedOn('data', /ctx\.promise\("note"\)/));
  });
});
