import {
  awakeable,
  DeadlineError,
  Handler,
  type HandlerOptions,
  ReaExplorer,
  type ReaModuleOptions,
  run,
  Service,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import {
  type Context,
  type ObjectContext,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failOnce } from './stage.js';

const SHORT = { milliseconds: 60 };
const RETRIES = { initialInterval: 20, maxInterval: 50 };

let fail = (): void => {};
const undone: string[] = [];

@Service({ retryPolicy: RETRIES })
class Slow {
  @Handler({ deadline: SHORT })
  async never(ctx: Context): Promise<string> {
    try {
      await run(ctx, 'reserve', () => 'reserved');
      return await awakeable<string>(ctx).promise;
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      fail();
      undone.push(await run(ctx, 'release', () => 'released'));
      throw error;
    }
  }

  @Handler({ deadline: SHORT })
  async stubborn(ctx: Context): Promise<string> {
    return awakeable<string>(ctx).promise.then(
      () => 'there',
      () => 'nothing',
    );
  }

  @Handler({ deadline: { hours: 1 } })
  async soon(ctx: Context, what: string): Promise<string> {
    const first = await run(ctx, 'first', () => what);
    fail();
    return `${first} in time`;
  }
}

/** Each handler has the deadline of its class, or its own. */
@VirtualObject({ deadline: SHORT, retryPolicy: RETRIES })
class Shelf {
  static readonly count = stateKey<number>('count', { default: () => 0 });

  @Handler()
  async wait(ctx: ObjectContext): Promise<void> {
    await ctx.sleep({ seconds: 4 });
  }

  @Handler({ deadline: { hours: 1 } })
  async count(ctx: ObjectContext): Promise<number> {
    return state(ctx, Shelf.count).get();
  }
}

@Workflow({ retention: { days: 1, clearState: true }, retryPolicy: RETRIES })
class Trip {
  static readonly stage = stateKey<string>('stage');

  @WorkflowRun({ deadline: SHORT })
  async go(ctx: WorkflowContext): Promise<string> {
    state(ctx, Trip.stage).set('on the way');
    return ctx.promise<string>('arrival').get();
  }

  @WorkflowQuery()
  async stage(ctx: WorkflowSharedContext): Promise<string | null> {
    return state(ctx, Trip.stage).get();
  }
}

/** What the caller of a handler gets once its deadline has passed. */
const expired = (place: string) => ({
  status: 408,
  response: {
    code: 'REA7033',
    message: expect.stringContaining(`REA7033: ${place} was not done within its deadline of 60 ms.`),
  },
});

describe("A handler's deadline", () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Slow, Shelf, Trip], rea: { policy: 'strict' } });
  });
  afterAll(() => app?.close());
  const slow = () => app.ingress.service(Slow).call;

  test('ends it with 408 once it passes, after it has rolled back', async () => {
    fail = failOnce();
    undone.length = 0;
    await expect(slow().never(undefined, { idempotencyKey: false })).rejects.toMatchObject(expired('Slow/never'));
    expect(undone).toContain('released');
    const [invocation] = await app.invocations('Slow');
    expect(invocation).toMatchObject({ status: 'completed', completion_result: 'failure' });
  });

  test('ends it with 408 also when it takes no notice', async () => {
    const call = slow().stubborn(undefined, { idempotencyKey: false });
    await expect(call).rejects.toMatchObject(expired('Slow/stubborn'));
  });

  test('changes nothing for a handler that is done in time, and one whose attempt fails', async () => {
    fail = failOnce();
    expect(await slow().soon('done', { idempotencyKey: false })).toBe('done in time');
  });

  test('is that of its class, or its own; a guardrail on sleeps does not see its timer', async () => {
    const shelf = app.ingress.object(Shelf).of('a');
    expect(await shelf.call.count(undefined, { idempotencyKey: false })).toBe(0);
    await expect(shelf.call.wait(undefined, { idempotencyKey: false })).rejects.toMatchObject(expired('Shelf/wait'));
  });

  test('holds for the run of a workflow, whose state then stays and whose id stays taken', async () => {
    const trip = app.ingress.workflow(Trip).of('late');
    const submitted = await trip.submit();
    await expect(submitted.attach()).rejects.toMatchObject(expired('Trip/run'));
    await expect(trip.output()).rejects.toMatchObject({ status: 408 });
    expect(await trip.query.stage()).toBe('on the way');
    expect(await trip.submit()).toMatchObject({ accepted: false });
  });

  test('is told by introspection', async () => {
    const components = await app.get(ReaExplorer).components();
    const found = components.find(({ className }) => className === 'Slow');
    expect(found?.handlers.find(({ name }) => name === 'never')?.options).toEqual({ deadline: SHORT });
  });
});

describe('A deadline by configuration', () => {
  @Service({ name: 'Slow', retryPolicy: RETRIES })
  class Plain {
    @Handler()
    async never(ctx: Context): Promise<string> {
      return awakeable<string>(ctx).promise.catch((error: unknown) => {
        caught.push(error);
        throw error;
      });
    }
  }
  const caught: unknown[] = [];

  test.each<[string, Omit<Partial<ReaModuleOptions>, 'server'>]>([
    ['of the handler', { components: { Slow: { deadline: { hours: 1 }, handlers: { never: { deadline: SHORT } } } } }],
    ['of the component', { components: { Slow: { deadline: SHORT } } }],
    ['of all components', { defaults: { deadline: SHORT } }],
  ])('holds too: %s', async (_what, rea) => {
    caught.length = 0;
    const app = await createTestApp({ providers: [Plain], rea });
    try {
      const call = app.ingress.service(Plain).call.never(undefined, { idempotencyKey: false });
      await expect(call).rejects.toMatchObject({ status: 408 });
      expect(caught).toContainEqual(expect.any(DeadlineError));
    } finally {
      await app.close();
    }
  });
});

describe('A deadline that is none', () => {
  test.each<[string, NonNullable<HandlerOptions['deadline']>]>([
    ['is negative (-1 ms)', -1],
    ['is NaN', Number.NaN],
    ['is negative (-300000 ms)', { minutes: -5 }],
  ])('stops the start: %s', async (shown, deadline) => {
    @Service()
    class Wrong {
      @Handler({ deadline })
      async go(_ctx: Context): Promise<void> {}
    }
    await expect(createTestApp({ providers: [Wrong] })).rejects.toThrow(
      `REA1022: Wrong/go has a deadline that ${shown}. Pass milliseconds, or units: { minutes: 5 }`,
    );
  });
});
