import { Injectable } from '@nestjs/common';
import {
  Handler,
  InjectClient,
  run,
  Service,
  type ServiceClient,
  VirtualObject,
  Workflow,
  WorkflowRun,
} from '@rea/core';
import {
  Compensation,
  compensateWith,
  type CompensationRun,
  type Saga,
  SagaHandler,
  currentSaga,
  Sagas,
} from '@rea/saga';
import { type Context, type ObjectContext, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { Effects } from '../../support/effects.js';

/** What a saga of a test does after its two steps. */
export interface Trip {
  readonly id: string;
  readonly ending?: 'sleep' | 'work' | 'fail' | 'throw' | 'break' | 'pivot';
  readonly first?: 'work' | 'idle';
  readonly compensations?: 'slow' | 'broken';
}

/** The outside world of all applications of a test file, with the keys that it was given. */
class World {
  readonly effects = new Effects();
  readonly keys = new Map<string, string[]>();
  readonly mended = new Set<string>();
  /** Actions and compensations that wait until the test says `go on <id>`. */
  readonly gates = new Set<string>();

  did(what: string, key?: string): string {
    this.effects.add(what);
    if (key !== undefined) this.keys.set(what, [...(this.keys.get(what) ?? []), key]);
    return what;
  }

  of(id: string): string[] {
    return this.effects.log.filter((line) => line.startsWith(`${id} `)).map((line) => line.slice(id.length + 1));
  }

  async passes(gate: string): Promise<void> {
    if (this.gates.has(gate)) await this.effects.seen(`open ${gate}`);
  }

  open(gate: string): void {
    this.gates.delete(gate);
    this.effects.add(`open ${gate}`);
  }
}

export const world = new World();

@Injectable()
export class Undo {
  @Compensation('undo')
  async undo(
    ctx: Context,
    { id, step, value, end }: { id: string; step: string; value: string | null; end?: Trip['compensations'] },
    { idempotencyKey }: CompensationRun,
  ): Promise<void> {
    await run(ctx, `undo ${step}`, async ({ idempotencyKey: runKey }) => {
      world.did(`${id} undoing ${step}`);
      if (end === 'slow') await world.passes(`${id} undo ${step}`);
      if (end === 'broken') throw new TerminalError(`cannot undo ${step}`);
      world.did(`${id} undo ${step} ${value}`, idempotencyKey);
      world.did(`${id} run key of undo ${step}`, runKey);
    });
  }
}

/** A service that a step calls: the key of its step is part of the call, hence of the journal. */
@Service()
export class Booking {
  @Handler()
  async book(ctx: Context, { id, key }: { id: string; key: string }): Promise<string> {
    return run(ctx, 'book', () => world.did(`${id} booked`, key));
  }
}

/** Two steps, and then what the trip says. */
async function travel(
  ctx: Context,
  saga: Saga,
  trip: Trip,
  book: (key: string) => PromiseLike<string>,
): Promise<string> {
  const { id, ending = 'sleep', first, compensations } = trip;
  const undo = (step: string) => (outcome: { known: boolean; value?: unknown }) =>
    compensateWith('undo', {
      id,
      step,
      value: outcome.known ? String(outcome.value) : null,
      ...(compensations ? { end: compensations } : {}),
    });
  const work = (step: string) =>
    run(ctx, step, async ({ idempotencyKey }) => {
      world.did(`${id} begins ${step}`, idempotencyKey);
      await world.passes(`${id} ${step}`);
      world.did(`${id} ends ${step}`);
      return step;
    });
  if (first === 'idle') {
    world.did(`${id} idles`);
    await world.passes(`${id} idle`);
  }
  await saga.step('one', {
    compensate: undo('one'),
    action: () => (first === 'work' ? work('one') : run(ctx, 'one', () => (world.did(`${id} one`), 'v1'))),
  });
  await saga.step('two', { action: ({ idempotencyKey }) => book(idempotencyKey), compensate: undo('two') });
  if (ending === 'work') await saga.step('three', { compensate: undo('three'), action: () => work('three') });
  if (ending === 'break') {
    await run(ctx, 'three', () => {
      if (!world.mended.has(id)) throw new Error('the train is late');
    });
  }
  if (ending === 'pivot') await saga.pivot('three', { irreversible: true, action: () => run(ctx, 'p', () => 'p') });
  if (ending === 'fail') throw new TerminalError('no', { errorCode: 418 });
  if (ending === 'throw' && !world.mended.has(id)) throw new Error('the moon is in the way');
  world.did(`${id} waits`);
  if (ending === 'sleep' || ending === 'pivot') await ctx.sleep({ hours: 1 }, 'journey');
  return 'done';
}

@Service({ retryPolicy: { maxAttempts: 2, initialInterval: 10, onMaxAttempts: 'pause' } })
export class Trips {
  constructor(@InjectClient(Booking) private readonly booking: ServiceClient<Booking>) {}

  @Handler()
  @SagaHandler({ name: 'trip' })
  travel(ctx: Context, trip: Trip): Promise<string> {
    return travel(ctx, currentSaga(), trip, (key) => this.booking.call.book({ id: trip.id, key }));
  }

  @Handler({ retryPolicy: { maxAttempts: 2, initialInterval: 10, onMaxAttempts: 'kill' } })
  @SagaHandler({ name: 'trip' })
  travelOrDie(ctx: Context, trip: Trip): Promise<string> {
    return travel(ctx, currentSaga(), trip, (key) => this.booking.call.book({ id: trip.id, key }));
  }

  @Handler()
  @SagaHandler({ name: 'trip', deadline: { hours: 2 } })
  travelInTime(ctx: Context, trip: Trip): Promise<string> {
    return travel(ctx, currentSaga(), trip, (key) => this.booking.call.book({ id: trip.id, key }));
  }

  /** No saga. */
  @Handler()
  async wait(ctx: Context, id: string): Promise<void> {
    world.did(`${id} waits`);
    await ctx.sleep({ hours: 1 });
  }
}

/** Has sagas through another provider. */
@Injectable()
export class Agency {
  constructor(
    private readonly sagas: Sagas,
    @InjectClient(Booking) private readonly booking: ServiceClient<Booking>,
  ) {}

  run(ctx: Context, trip: Trip, journal = false): Promise<string> {
    return this.sagas.run(
      ctx,
      'trip',
      (saga) => travel(ctx, saga, trip, (key) => this.booking.call.book({ id: trip.id, key })),
      { journal },
    );
  }

  cancel(ctx: Context, id: string, reason: string): void {
    this.sagas.cancel(ctx, id, reason);
  }
}

@VirtualObject()
export class Traveller {
  constructor(private readonly agency: Agency) {}

  @Handler()
  travel(ctx: ObjectContext, trip: Trip): Promise<string> {
    return this.agency.run(ctx, trip);
  }
}

@Workflow({ retention: 'standard' })
export class Tour {
  constructor(private readonly agency: Agency) {}

  @WorkflowRun()
  travel(ctx: WorkflowContext, trip: Trip): Promise<string> {
    return this.agency.run(ctx, trip);
  }
}

@Workflow({ retention: 'standard' })
export class LoggedTour {
  constructor(private readonly agency: Agency) {}

  @WorkflowRun()
  travel(ctx: WorkflowContext, trip: Trip): Promise<string> {
    return this.agency.run(ctx, trip, true);
  }
}

@Service()
export class Office {
  constructor(private readonly agency: Agency) {}

  @Handler()
  async cancel(ctx: Context, { invocationId, reason }: { invocationId: string; reason: string }): Promise<void> {
    this.agency.cancel(ctx, invocationId, reason);
  }
}
