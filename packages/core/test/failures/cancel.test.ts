import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { Handler, parallel, run, Service, Shared, VirtualObject, Workflow, WorkflowRun } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import {
  type Context,
  type ObjectContext,
  type ObjectSharedContext,
  RetryableError,
  TerminalError,
  type WorkflowContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { until } from '../support/until.js';

/** Attempts, by the input of the invocation that makes them. */
const attempts = new Map<string, number>();

function attempted(name: string): void {
  attempts.set(name, (attempts.get(name) ?? 0) + 1);
}

function bug(name: string): never {
  attempted(name);
  throw new TypeError('a bug');
}

/** As much code does, without the cause. */
const wrapped = ({ message }: Error): Error => new Error(`The wait failed: ${message}`);

class Buggy implements NestInterceptor, PipeTransform {
  intercept(context: ExecutionContext, _next: CallHandler): never {
    return bug(context.getArgByIndex<string>(1));
  }

  transform(value: string): never {
    return bug(value);
  }
}

/** Fails on each attempt, and is tried again in an hour. */
const LATER = { retryPolicy: { initialInterval: 3_600_000, maxInterval: 3_600_000 } } as const;

/** Fails on each attempt, and is paused. */
const PAUSED = { retryPolicy: { initialInterval: 10, maxAttempts: 2, onMaxAttempts: 'pause' } } as const;

/** Fails on each attempt, and is tried again at once. */
const SOON = { retryPolicy: { initialInterval: 20, maxInterval: 50 } } as const;

abstract class Shapes {
  @Handler()
  async atOnce(_ctx: Context, name: string): Promise<void> {
    bug(name);
  }

  @Handler()
  async afterRun(ctx: Context, name: string): Promise<void> {
    await run(ctx, 'a', () => 1);
    bug(name);
  }

  @Handler()
  async afterRunOfTheSdk(ctx: Context, name: string): Promise<void> {
    await ctx.run('a', () => 1);
    await ctx.sleep(1);
    bug(name);
  }

  @Handler({ explicitCancellation: true })
  async explicit(ctx: Context, name: string): Promise<void> {
    await run(ctx, 'a', () => 1);
    bug(name);
  }

  @Handler()
  async inBranch(ctx: Context, name: string): Promise<void> {
    await parallel(ctx, [() => run(ctx, 'a', () => 1), async () => bug(name)]);
  }

  @Handler()
  async inNest(_ctx: Context, name: string): Promise<void> {
    attempted(name);
    throw new HttpException('later', 503);
  }

  @Handler()
  async retryable(_ctx: Context, name: string): Promise<void> {
    attempted(name);
    throw new RetryableError('later');
  }

  @Handler()
  async noError(_ctx: Context, name: string): Promise<void> {
    attempted(name);
    await Promise.reject(undefined);
  }

  @Handler()
  @UseInterceptors(Buggy)
  async interceptor(_ctx: Context, _name: string): Promise<void> {}

  @Handler()
  @UsePipes(Buggy)
  async pipe(_ctx: Context, _name: string): Promise<void> {}

  @Handler()
  async failingRun(ctx: Context, name: string): Promise<void> {
    await run(ctx, 'down', () => bug(name));
  }
}

@Service(LATER)
class Later extends Shapes {}

@Service(PAUSED)
class Paused extends Shapes {}

@Service(SOON)
class Soon extends Shapes {
  /** Wraps what it catches, the cancellation too. */
  @Handler()
  async wraps(ctx: Context, name: string): Promise<void> {
    attempted(name);
    try {
      await ctx.sleep({ hours: 1 });
    } catch (error) {
      throw wrapped(error as Error);
    }
  }

  @Handler()
  async cleansUp(ctx: Context, name: string): Promise<void> {
    attempted(name);
    try {
      await ctx.sleep({ hours: 1 });
    } finally {
      await run(ctx, 'clean up', () => 1);
      bug(name);
    }
  }

  @Handler()
  async refuses(ctx: Context, name: string): Promise<void> {
    attempted(name);
    try {
      await ctx.sleep({ hours: 1 });
    } catch {
      throw new TerminalError('on purpose', { errorCode: 418 });
    }
  }
}

@Injectable({ scope: Scope.REQUEST })
class Unmade {
  constructor() {
    attempted('request scope');
    throw new Error('not made');
  }
}

@Service({ ...LATER })
class Scoped {
  constructor(readonly unmade: Unmade) {}

  @Handler()
  async go(_ctx: Context, _name: string): Promise<void> {}
}

@VirtualObject(LATER)
class Keyed {
  @Handler()
  async poison(_ctx: ObjectContext, name: string): Promise<string> {
    return name === 'fine' ? name : bug(name);
  }

  @Shared()
  async look(_ctx: ObjectSharedContext, name: string): Promise<void> {
    bug(name);
  }
}

@Workflow({ retryPolicy: LATER.retryPolicy, retention: 'standard' })
class Flow {
  @WorkflowRun()
  async run(ctx: WorkflowContext, name: string): Promise<void> {
    await run(ctx, 'a', () => 1);
    bug(name);
  }
}

@Service({
  ...LATER,
  hooks: [() => ({ interceptor: { handler: () => Promise.reject(new Error('a hook that fails')) } })],
})
class Unreachable {
  @Handler()
  async go(_ctx: Context, _name: string): Promise<void> {}
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    providers: [Later, Paused, Soon, Scoped, Unmade, Keyed, Flow, Unreachable],
    nest: { logger: false },
  });
  // The first attempt of a process is not followed: see received-cancel.ts.
  await app.ingress.object(Keyed).of('warm').call.poison('fine', { idempotencyKey: false });
});
afterAll(() => app?.close());

const row = async (id: string) => (await app.invocations()).find((each) => each.id === id)!;

async function stuck(id: string, name: string): Promise<void> {
  await until(async () => {
    const { status } = await row(id);
    return attempts.has(name) && (status === 'backing-off' || status === 'paused');
  }, `${name} does not fail`);
}

const cancelled = { completion_result: 'failure', completion_failure: '[409] Cancelled' };

const SHAPES = [
  'atOnce',
  'afterRun',
  'afterRunOfTheSdk',
  'explicit',
  'inBranch',
  'inNest',
  'retryable',
  'noError',
  'interceptor',
  'pipe',
  'failingRun',
] as const;

describe('A cancellation ends', { meta: { claim: 'cancel' } }, () => {
  test.each(SHAPES)('a handler that fails on each attempt, and whose next try is in an hour: %s', async (shape) => {
    const name = `later ${shape}`;
    const { invocationId } = await app.ingress.service(Later).send[shape](name, { idempotencyKey: name });
    await stuck(invocationId, name);
    await app.cancel(invocationId);
    expect(await row(invocationId)).toMatchObject(cancelled);
  });

  test.each(SHAPES)('one that is paused: %s', async (shape) => {
    const name = `paused ${shape}`;
    const { invocationId } = await app.ingress.service(Paused).send[shape](name, { idempotencyKey: name });
    await until(async () => (await row(invocationId)).status === 'paused', 'It is not paused.');
    await app.ingress.invocation(invocationId).cancel();
    expect(await row(invocationId)).toMatchObject(cancelled);
  });

  test.each([...SHAPES, 'wraps', 'cleansUp'] as const)('one that is tried again and again: %s', async (shape) => {
    const name = `soon ${shape}`;
    const { invocationId } = await app.ingress.service(Soon).send[shape](name, { idempotencyKey: name });
    await until(() => attempts.has(name), `${name} is not called`);
    await app.cancel(invocationId);
    await until(async () => (await row(invocationId)).status === 'completed', 'It goes on.');
    expect(await row(invocationId)).toMatchObject(cancelled);
  });

  test('one whose class cannot be made', async () => {
    const { invocationId } = await app.ingress.service(Scoped).send.go('x', { idempotencyKey: 'x' });
    await stuck(invocationId, 'request scope');
    await app.cancel(invocationId);
    expect(await row(invocationId)).toMatchObject(cancelled);
  });

  test('a poisoned message of an object, whose key is free then', async () => {
    const object = app.ingress.object(Keyed).of('k');
    const { invocationId } = await object.send.poison('poison', { idempotencyKey: 'poison' });
    await stuck(invocationId, 'poison');
    const next = object.call.poison('fine', { idempotencyKey: false });
    await app.cancel(invocationId);
    expect(await next).toBe('fine');
  });

  test('a shared handler', async () => {
    const object = app.ingress.object(Keyed).of('k');
    const { invocationId } = await object.send.look('look', { idempotencyKey: 'look' });
    await stuck(invocationId, 'look');
    await app.cancel(invocationId);
    expect(await row(invocationId)).toMatchObject(cancelled);
  });

  test("a workflow's run, for those who attach to it too", async () => {
    const flow = app.ingress.workflow(Flow).of('w');
    const { invocationId } = await flow.submit('flow');
    await stuck(invocationId, 'flow');
    const attached = flow.attach().catch((error: unknown) => error);
    await app.cancel(invocationId);
    expect(await attached).toMatchObject({ status: 409 });
  });

  test('many at once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `many ${index}`);
    const sent = await Promise.all(
      names.map((name) => app.ingress.service(Later).send.afterRun(name, { idempotencyKey: name })),
    );
    await Promise.all(sent.map(({ invocationId }, index) => stuck(invocationId, names[index]!)));
    await Promise.all(sent.map(({ invocationId }) => app.cancel(invocationId)));
    for (const { invocationId } of sent) expect(await row(invocationId)).toMatchObject(cancelled);
    tried(names.length - 1);
  });
});

describe('A cancellation', { meta: { claim: 'cancel' } }, () => {
  test('leaves a terminal error of the handler as it is', async () => {
    const { invocationId } = await app.ingress.service(Soon).send.refuses('refuses', { idempotencyKey: 'refuses' });
    await until(() => attempts.has('refuses'), 'It is not called.');
    await app.cancel(invocationId);
    await until(async () => (await row(invocationId)).status === 'completed', 'It goes on.');
    expect(await row(invocationId)).toMatchObject({ completion_failure: '[418] on purpose' });
  });

  test.each(['test app', 'ingress'] as const)('that has no effect says so, and why: %s', async (way) => {
    const { invocationId } = await app.ingress.service(Unreachable).send.go('x', { idempotencyKey: way });
    await until(async () => (await row(invocationId)).status === 'backing-off', 'It does not fail.');
    const cancelling = way === 'ingress' ? app.ingress.invocation(invocationId).cancel() : app.cancel(invocationId);
    await expect(cancelling).rejects.toMatchObject({
      code: 'REA7060',
      message: expect.stringMatching(/has not reacted: it is backing-off\. Its last failure: .*a hook that fails/),
    });
    await app.kill(invocationId);
  });
});
