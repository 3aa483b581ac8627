import { Injectable } from '@nestjs/common';
import { Handler, run, Service, VirtualObject, Workflow, WorkflowRun } from '@rea/core';
import {
  Compensation,
  compensateWith,
  type CompensationRun,
  currentSaga,
  type Saga,
  SagaHandler,
  SagaModule,
  SagaOperations,
  Sagas,
} from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, type ObjectContext, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../core/test/support/until.js';

/** What was undone, by the input of the invocation. */
const undone = new Map<string, string[]>();
const attempts = new Map<string, number>();
/** Compensations that throw something ordinary the first time. */
const troubled = new Set<string>();

interface Undo {
  readonly name: string;
  readonly step: string;
}

@Injectable()
class Undoing {
  @Compensation('undo')
  async undo(ctx: Context, { name, step }: Undo, { attempt }: CompensationRun): Promise<void> {
    if (attempt === 1 && troubled.has(name)) throw new TypeError('a bug of the compensation');
    await run(ctx, `undo ${step}`, () => void undone.set(name, [...(undone.get(name) ?? []), step]));
  }
}

function bug(name: string): never {
  attempts.set(name, (attempts.get(name) ?? 0) + 1);
  throw new TypeError('a bug');
}

const step = (ctx: Context, saga: Saga, name: string, called: string, action?: () => Promise<string>) =>
  saga.step(called, {
    compensate: () => compensateWith('undo', { name, step: called }),
    action: action ?? (() => run(ctx, called, () => called)),
  });

/** Where the code of a saga throws something ordinary, on each attempt. */
const BLOCKS = {
  'between steps': async (ctx: Context, saga: Saga, name: string) => {
    await step(ctx, saga, name, 'pay');
    bug(name);
  },
  'after a wait': async (ctx: Context, saga: Saga, name: string) => {
    await step(ctx, saga, name, 'pay');
    await ctx.sleep(1);
    bug(name);
  },
  'in an action': async (ctx: Context, saga: Saga, name: string) => {
    await step(ctx, saga, name, 'pay');
    await step(ctx, saga, name, 'ship', async () => bug(name));
  },
  'in the run of an action': async (ctx: Context, saga: Saga, name: string) => {
    await step(ctx, saga, name, 'pay');
    await step(ctx, saga, name, 'ship', () => run(ctx, 'ship', () => bug(name)));
  },
  'in a parallel step': async (ctx: Context, saga: Saga, name: string) => {
    await step(ctx, saga, name, 'pay');
    await saga.parallel({
      ship: { compensate: () => compensateWith('undo', { name, step: 'ship' }), action: async () => bug(name) },
    });
  },
  'in a nested saga': async (ctx: Context, saga: Saga, name: string) => {
    await step(ctx, saga, name, 'pay');
    await saga.nested('inner', async (inner) => {
      await step(ctx, inner, name, 'ship');
      bug(name);
    });
  },
  'where a block swallows it in a nested saga': async (ctx: Context, saga: Saga, name: string) => {
    await step(ctx, saga, name, 'pay');
    await saga.nested('inner', () => step(ctx, saga, name, 'ship', async () => bug(name))).catch(() => bug(name));
  },
} satisfies Record<string, (ctx: Context, saga: Saga, name: string) => Promise<void>>;

const UNDONE: Readonly<Record<keyof typeof BLOCKS, readonly string[]>> = {
  'between steps': ['pay'],
  'after a wait': ['pay'],
  'in an action': ['ship', 'pay'],
  'in the run of an action': ['ship', 'pay'],
  'in a parallel step': ['ship', 'pay'],
  'in a nested saga': ['ship', 'pay'],
  'where a block swallows it in a nested saga': ['ship', 'pay'],
};

const play = (ctx: Context, saga: Saga, name: string) =>
  BLOCKS[name.split('/')[1] as keyof typeof BLOCKS](ctx, saga, name);

/** Fails on each attempt, and is paused; or is tried again in an hour. */
const PAUSED = { initialInterval: 10, maxAttempts: 2, onMaxAttempts: 'pause' } as const;
const LATER = { initialInterval: 3_600_000, maxInterval: 3_600_000 } as const;

@Service({ retryPolicy: PAUSED })
class Trip {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async block(ctx: Context, name: string): Promise<void> {
    await this.sagas.run(ctx, 'trip', (saga) => play(ctx, saga, name));
  }

  @Handler({ retryPolicy: LATER })
  async later(ctx: Context, name: string): Promise<void> {
    await this.sagas.run(ctx, 'trip', (saga) => play(ctx, saga, name));
  }

  @Handler()
  @SagaHandler({ name: 'trip' })
  async handler(ctx: Context, name: string): Promise<void> {
    await play(ctx, currentSaga(), name);
  }

  @Handler({ asTerminalError: (error) => (error instanceof RangeError ? new TerminalError('mapped') : undefined) })
  async mapped(ctx: Context, name: string): Promise<void> {
    await this.sagas.run(ctx, 'trip', async (saga) => {
      await step(ctx, saga, name, 'pay');
      throw new RangeError('of the application');
    });
  }

  @Handler()
  async forward(ctx: Context, name: string): Promise<void> {
    await this.sagas.run(ctx, 'trip', async (saga) => {
      await step(ctx, saga, name, 'pay');
      await saga.pivot('book', { irreversible: true, action: () => run(ctx, 'book', () => 'booked') });
      bug(name);
    });
  }
}

@VirtualObject({ retryPolicy: PAUSED })
class Cart {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async block(ctx: ObjectContext, name: string): Promise<void> {
    await this.sagas.run(ctx, 'cart', (saga) => play(ctx, saga, name));
  }

  @Handler()
  async fine(_ctx: ObjectContext): Promise<string> {
    return 'fine';
  }
}

@Workflow({ retryPolicy: PAUSED, retention: 'standard' })
class Flow {
  constructor(private readonly sagas: Sagas) {}

  @WorkflowRun()
  async run(ctx: WorkflowContext, name: string): Promise<void> {
    await this.sagas.run(ctx, 'flow', (saga) => play(ctx, saga, name));
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    imports: [SagaModule.forRoot({ retry: { initialInterval: 10 } })],
    providers: [Undoing, Trip, Cart, Flow],
    nest: { logger: false },
  });
  // The first attempt of a process is not followed.
  await app.ingress.object(Cart).of('warm').call.fine(undefined, { idempotencyKey: false });
});
afterAll(() => app?.close());

const operations = () => app.get(SagaOperations);
const row = async (id: string) => (await app.invocations()).find((each) => each.id === id)!;
const untilStatus = (id: string, status: string) =>
  until(async () => (await row(id)).status === status, `It is not ${status}.`);

async function cancelled(id: string): Promise<void> {
  await operations().cancel(id, { by: 'ada' });
  await untilStatus(id, 'completed');
  expect(await row(id)).toMatchObject({ completion_failure: '[409] Cancelled' });
}

const WHERE = Object.keys(BLOCKS) as (keyof typeof BLOCKS)[];

describe('A cancellation rolls back', { meta: { claim: 'cancel' } }, () => {
  test.each(WHERE.flatMap((where) => (['block', 'handler'] as const).map((verb) => [verb, where] as const)))(
    'a paused saga (%s) whose code throws %s',
    async (verb, where) => {
      const name = `${verb}/${where}`;
      const { invocationId } = await app.ingress.service(Trip).send[verb](name, { idempotencyKey: name });
      await untilStatus(invocationId, 'paused');
      await cancelled(invocationId);
      expect(undone.get(name)).toEqual(UNDONE[where]);
    },
  );

  test.each(WHERE)('one whose next try is in an hour, and whose code throws %s', async (where) => {
    const name = `later/${where}`;
    const { invocationId } = await app.ingress.service(Trip).send.later(name, { idempotencyKey: name });
    await untilStatus(invocationId, 'backing-off');
    await cancelled(invocationId);
    expect(undone.get(name)).toEqual(UNDONE[where]);
  });

  test.each(WHERE)('one of an object, whose key is free then: %s', async (where) => {
    const name = `cart/${where}`;
    const cart = app.ingress.object(Cart).of(where);
    const { invocationId } = await cart.send.block(name, { idempotencyKey: name });
    await untilStatus(invocationId, 'paused');
    const next = cart.call.fine(undefined, { idempotencyKey: false });
    await cancelled(invocationId);
    expect(await next).toBe('fine');
    expect(undone.get(name)).toEqual(UNDONE[where]);
  });

  test.each(WHERE)('one of a workflow, for those who attach to it too: %s', async (where) => {
    const name = `flow/${where}`;
    const flow = app.ingress.workflow(Flow).of(where);
    const { invocationId } = await flow.submit(name);
    await untilStatus(invocationId, 'paused');
    const attached = flow.attach().catch((error: unknown) => error);
    await cancelled(invocationId);
    expect(await attached).toMatchObject({ status: 409 });
    expect(undone.get(name)).toEqual(UNDONE[where]);
  });

  test('once, where a compensation throws something ordinary, too', async () => {
    const name = 'troubled/between steps';
    troubled.add(name);
    const { invocationId } = await app.ingress.service(Trip).send.block(name, { idempotencyKey: name });
    await untilStatus(invocationId, 'paused');
    await cancelled(invocationId);
    expect(undone.get(name)).toEqual(['pay']);
  });

  test('with the reason in the report', async () => {
    const name = 'reason/between steps';
    const { invocationId } = await app.ingress.object(Cart).of('reason').send.block(name, { idempotencyKey: name });
    await untilStatus(invocationId, 'paused');
    await operations().cancel(invocationId, { by: 'ada', reason: 'ordered twice' });
    await untilStatus(invocationId, 'completed');
    expect(await app.state('Cart', 'reason')).toMatchObject({
      '_rea.saga.cart': { cause: { kind: 'cancelled', reason: 'ordered twice' }, compensated: ['pay'] },
    });
  });
});

describe('A cancellation past the pivot', { meta: { claim: 'cancel' } }, () => {
  test('says that it has no effect, and leaves the saga as it is', async () => {
    const { invocationId } = await app.ingress.service(Trip).send.forward('forward', { idempotencyKey: 'forward' });
    await untilStatus(invocationId, 'paused');
    await expect(operations().cancel(invocationId, { by: 'ada' })).rejects.toMatchObject({
      status: 504,
      code: 'REA8060',
      message: expect.stringMatching(/^REA8060: The saga .* has not reacted.*a bug/),
    });
    expect(undone.get('forward')).toBeUndefined();
    await app.kill(invocationId);
  });
});

test('what the application maps to a terminal error rolls a saga back, as it ends its handler', async () => {
  await expect(app.ingress.service(Trip).call.mapped('mapped', { idempotencyKey: false })).rejects.toMatchObject({
    message: 'mapped',
  });
  expect(undone.get('mapped')).toEqual(['pay']);
});
