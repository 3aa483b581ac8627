import { Injectable } from '@nestjs/common';
import { Handler, run, Service, Workflow, WorkflowRun } from '@rea/core';
import { Compensation, SagaModule, SagaOperations, Sagas } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, BLOCKS, log, note, repaired, undoableStep } from './support/repaired-blocks.js';
import { until } from '../../core/test/support/until.js';

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
  async ship(ctx: Context, name: string): Promise<void> {
    // Until it is cancelled.
    if (name.endsWith('/held')) await ctx.sleep({ hours: 1 });
    note(name, 'called');
  }
}

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
    await this.sagas.run(ctx, 'trip', (saga) => undoableStep(ctx, saga, name, 'first'));
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
