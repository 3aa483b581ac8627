import { Injectable } from '@nestjs/common';
import { Handler, run, Service, Workflow, WorkflowRun } from '@rea/core';
import { Compensation, compensateWith, type Saga, SagaModule, SagaOperations, Sagas } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../core/test/support/until.js';

/** What has happened, by the input of the invocation. */
const log = new Map<string, string[]>();
const note = (name: string, what: string) => void log.set(name, [...(log.get(name) ?? []), what]);
/** What fails in the code of these is repaired. */
const repaired = new Set<string>();

function flaky(name: string): void {
  if (!repaired.has(name)) throw new Error('connect ECONNREFUSED');
}

interface Undo {
  readonly name: string;
  readonly step: string;
}

@Injectable()
class Undoing {
  @Compensation('undo')
  async undo(ctx: Context, { name, step }: Undo): Promise<void> {
    await run(ctx, `undo ${step}`, () => {
      note(name, `undo ${step}`);
      if (name.endsWith('/during the first compensation')) repaired.add(name);
    });
    // The server has each wait replayed.
    if (name.endsWith('/between compensations')) repaired.add(name);
    await ctx.sleep(1);
    await run(ctx, `undone ${step}`, () => note(name, `undone ${step}`));
  }
}

@Service()
class Shop {
  @Handler()
  async ship(_ctx: Context, name: string): Promise<void> {
    note(name, 'called');
  }
}

type Block = (ctx: Context, saga: Saga, name: string) => Promise<unknown>;

const step = (ctx: Context, saga: Saga, name: string, called: string, action?: () => PromiseLike<unknown>) =>
  saga.step(called, {
    compensate: () => compensateWith('undo', { name, step: called }),
    action: action ?? (() => run(ctx, called, () => note(name, called))),
  });

const booked = async (ctx: Context, saga: Saga, name: string) => {
  await step(ctx, saga, name, 'pay');
  await step(ctx, saga, name, 'book');
};

/** Services of a suite have a name space. */
const shopBeside = (ctx: Context) => ctx.request().target.service.replace(/(Trip|Flow)$/, 'Shop');

const call = (ctx: Context, name: string) =>
  ctx.genericCall<string, void>({ service: shopBeside(ctx), method: 'ship', parameter: name, inputSerde: JSON_SERDE });
const JSON_SERDE = {
  contentType: 'application/json',
  serialize: (value: string) => new TextEncoder().encode(JSON.stringify(value)),
  deserialize: (data: Uint8Array) => JSON.parse(new TextDecoder().decode(data)) as string,
};

/** What the code does once nothing fails in it any more, and what is undone then. */
const BLOCKS = {
  'throws again': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      throw new Error('connect ECONNREFUSED');
    },
  ],
  'goes on to a step': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await step(ctx, saga, name, 'ship');
    },
  ],
  'goes on to steps at once': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await saga.parallel({
        ship: {
          compensate: () => compensateWith('undo', { name, step: 'ship' }),
          action: () => run(ctx, 'ship', () => undefined),
        },
        send: {
          compensate: () => compensateWith('undo', { name, step: 'send' }),
          action: () => run(ctx, 'send', () => undefined),
        },
      });
    },
  ],
  'goes on to a run': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await run(ctx, 'look', () => note(name, 'looked'));
    },
  ],
  'goes on to a run within its step': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await step(ctx, saga, name, 'ship', async () => {
        flaky(name);
        await run(ctx, 'ship', () => note(name, 'ship'));
      });
    },
  ],
  'goes on to a run in steps at once': [
    ['send', 'ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.parallel({
        ship: {
          compensate: () => compensateWith('undo', { name, step: 'ship' }),
          action: async () => {
            // The other one is done by then.
            await ctx.sleep(300);
            flaky(name);
            await run(ctx, 'ship more', () => note(name, 'ship'));
          },
        },
        send: {
          compensate: () => compensateWith('undo', { name, step: 'send' }),
          action: () => run(ctx, 'send', () => undefined),
        },
      });
    },
  ],
  'goes on to a call': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await call(ctx, name);
    },
  ],
  'goes on to a message': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      ctx.genericSend({ service: shopBeside(ctx), method: 'ship', parameter: name, inputSerde: JSON_SERDE });
    },
  ],
  'goes on to a sleep': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await ctx.sleep(1);
    },
  ],
  'goes on to a pivot that does nothing': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await saga.pivot('commit', { irreversible: true, action: async () => 'done' });
    },
  ],
  'passes a pivot that does nothing': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.pivot('commit', { irreversible: true, action: async () => flaky(name) });
    },
  ],
  returns: [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
    },
  ],
  'throws something terminal': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      throw new TerminalError('refused');
    },
  ],
  'goes on in a nested saga': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.nested('inner', async (inner) => {
        await step(ctx, inner, name, 'ship');
        flaky(name);
        await step(ctx, inner, name, 'more');
      });
    },
  ],
  'returns from a nested saga': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.nested('inner', async (inner) => {
        await step(ctx, inner, name, 'ship');
        flaky(name);
      });
    },
  ],
  'goes on after a nested saga': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.nested('inner', (inner) => step(ctx, inner, name, 'ship'));
      flaky(name);
      await step(ctx, saga, name, 'more');
    },
  ],
  'goes on to a nested saga': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await saga.nested('inner', (inner) => step(ctx, inner, name, 'ship'));
    },
  ],
  'goes on after a nested saga whose rollback it swallows': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga
        .nested('inner', async (inner) => {
          await step(ctx, inner, name, 'ship');
          flaky(name);
        })
        .catch(() => flaky(name));
    },
  ],
} satisfies Record<string, readonly [readonly string[], Block]>;

type Where = keyof typeof BLOCKS;

const play: Block = (ctx, saga, name) => BLOCKS[name.split('/')[1] as Where][1](ctx, saga, name);

const PAUSED = { initialInterval: 10, maxAttempts: 3, onMaxAttempts: 'pause' } as const;

@Service({ retryPolicy: PAUSED })
class Trip {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async book(ctx: Context, name: string): Promise<void> {
    await this.sagas.run(ctx, 'trip', (saga) => play(ctx, saga, name));
  }

  @Handler()
  async twice(ctx: Context, name: string): Promise<void> {
    await this.sagas.run(ctx, 'trip', (saga) => step(ctx, saga, name, 'first'));
    await this.sagas.run(ctx, 'trip', (saga) => play(ctx, saga, name));
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
    server: 'always-replay',
    imports: [SagaModule.forRoot({ retry: { initialInterval: 10 } })],
    providers: [Undoing, Shop, Trip, Flow],
    failures: 'off',
    nest: { logger: false },
  });
  // The first attempt of a process is not followed.
  await app.ingress.service(Shop).call.ship('warm', { idempotencyKey: false });
});
afterAll(() => app?.close());

const row = async (id: string) => (await app.invocations()).find((each) => each.id === id)!;
const untilStatus = (id: string, status: string) =>
  until(async () => (await row(id)).status === status, `It is not ${status}.`);

const send = {
  service: (name: string) => app.ingress.service(Trip).send.book(name, { idempotencyKey: name }),
  'second saga': (name: string) => app.ingress.service(Trip).send.twice(name, { idempotencyKey: name }),
  workflow: (name: string) => app.ingress.workflow(Flow).of(name.replaceAll('/', '-')).submit(name),
};

const WHEN = ['during the first compensation', 'between compensations'] as const;
const CASES = (Object.keys(send) as (keyof typeof send)[]).flatMap((kind) =>
  WHEN.flatMap((when) => (Object.keys(BLOCKS) as Where[]).map((where) => [kind, where, when] as const)),
);

describe('A cancelled saga whose failure is repaired during the rollback', { meta: { claim: 'cancel' } }, () => {
  test.concurrent.each(CASES)('is undone to its end: %s, its code %s, repaired %s', async (kind, where, when) => {
    const name = `${kind}/${where}/${when}`;
    const { invocationId } = await send[kind](name);
    await untilStatus(invocationId, 'paused');
    await app.get(SagaOperations).cancel(invocationId, { by: 'ada' });
    await untilStatus(invocationId, 'completed');
    expect(await row(invocationId)).toMatchObject({ completion_failure: '[409] Cancelled' });
    const happened = log.get(name)!.filter((what) => !['pay', 'book', 'ship', 'first'].includes(what));
    const expected = BLOCKS[where][0].flatMap((each) => [`undo ${each}`, `undone ${each}`]);
    // Steps that were done at once are undone at once.
    const ordered = (all: string[]) => (where === 'goes on to a run in steps at once' ? all.toSorted() : all);
    expect(ordered(happened)).toEqual(ordered(expected));
  });
});
