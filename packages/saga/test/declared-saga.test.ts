import { Handler, run, Service } from '@rea/core';
import {
  type CompensationRun,
  currentSaga,
  compensateWith,
  Compensation,
  DeclaredSaga,
  sagaDiagram,
  SagaHandler,
  SagaModule,
  sagaReportOf,
  Sagas,
  SagaStep,
  type Undo,
} from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterEach, describe, expect, test } from 'vitest';
import { Effects } from './support/effects.js';

interface Trip {
  readonly id: string;
  readonly failAt?: string;
}

let effects: Effects;
let app: ReaTestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function act(ctx: Context, name: string, trip: Trip): Promise<string> {
  await run(ctx, name, () => effects.add(name));
  if (trip.failAt === name) throw new TerminalError(`${name} failed`, { errorCode: 422 });
  return `${name} of ${trip.id}`;
}

@DeclaredSaga({ name: 'trip', retry: { initialInterval: 1, maxAttempts: 2 } })
class TripSaga {
  @SagaStep({ undo: 'cancelFlight', group: 'bookings' })
  async flight(ctx: Context, trip: Trip): Promise<string> {
    return act(ctx, 'flight', trip);
  }

  @SagaStep({ undo: 'cancelHotel', group: 'bookings' })
  async hotel(ctx: Context, trip: Trip): Promise<string> {
    return act(ctx, 'hotel', trip);
  }

  @SagaStep({ undo: 'refund', pivot: true })
  async pay(ctx: Context, trip: Trip, { flight, hotel }: { flight: string; hotel: string }): Promise<number> {
    await act(ctx, 'pay', trip);
    return flight.length + hotel.length;
  }

  @SagaStep({ irreversible: true })
  async mail(ctx: Context, trip: Trip): Promise<void> {
    await act(ctx, 'mail', trip);
  }

  async cancelFlight(ctx: Context, { input, outcome }: Undo<Trip, string>): Promise<void> {
    await run(ctx, 'cancel flight', () => effects.add(`cancel flight ${input.id} ${outcome.known && outcome.value}`));
  }

  async cancelHotel(ctx: Context, { input }: Undo<Trip, string>, { step }: CompensationRun): Promise<void> {
    await run(ctx, 'cancel hotel', () => effects.add(`cancel ${step} ${input.id}`));
  }

  async refund(ctx: Context, { outcome }: Undo<Trip, number>): Promise<void> {
    await run(ctx, 'refund', () => effects.add(`refund ${outcome.known}`));
  }
}

@Service()
class Trips {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async book(ctx: Context, trip: Trip): Promise<string> {
    const { pay, flight } = await this.sagas.execute(ctx, TripSaga, trip);
    return `${flight} for ${pay.toFixed()}`;
  }

  @SagaHandler({ name: 'whole' })
  @Handler()
  async whole(ctx: Context, trip: Trip): Promise<string> {
    const saga = currentSaga();
    await saga.step('one', { compensate: () => compensateWith('undo-one', trip), action: () => act(ctx, 'one', trip) });
    await this.rest(ctx, trip);
    return 'whole';
  }

  @Handler()
  @SagaHandler({ name: 'late', deadline: 100 })
  async late(ctx: Context, trip: Trip): Promise<void> {
    await currentSaga().step('one', {
      compensate: () => compensateWith('undo-one', trip),
      action: () => act(ctx, 'one', trip),
    });
    await ctx.sleep({ hours: 1 });
  }

  @Handler()
  async outside(_ctx: Context): Promise<void> {
    currentSaga();
  }

  @Compensation('undo-one')
  async undoOne(ctx: Context, trip: Trip): Promise<void> {
    await run(ctx, 'undo one', () => effects.add(`undo one ${trip.id}`));
  }

  private async rest(ctx: Context, trip: Trip): Promise<void> {
    await currentSaga().step('two', { irreversible: true, action: () => act(ctx, 'two', trip) });
    if (trip.failAt === 'sleep') {
      effects.add('asleep');
      await ctx.sleep({ hours: 1 });
    }
  }
}

async function start(): Promise<ReaTestApp> {
  effects = new Effects();
  app = await createTestApp({ imports: [SagaModule.forRoot()], providers: [Trips, TripSaga] });
  return app;
}

function call(method: 'book' | 'whole' | 'late', trip: Trip): Promise<unknown> {
  const calls = app!.ingress.service(Trips).call;
  return calls[method](trip, { idempotencyKey: trip.id }).catch((error: unknown) => error);
}

describe('a declared saga', () => {
  test('runs its steps in order, neighbours of a group together, with the results so far', async () => {
    await start();
    expect(await call('book', { id: 'a' })).toBe('flight of a for 21');
    expect(effects.log).toEqual(['flight', 'hotel', 'pay', 'mail']);
  });

  test('undoes by the methods that its steps name', async () => {
    await start();
    const error = await call('book', { id: 'b', failAt: 'hotel' });
    expect(error).toMatchObject({ status: 422 });
    expect(effects.log.toSorted()).toEqual(['cancel flight b flight of b', 'cancel hotel b', 'flight', 'hotel']);
  });

  test('undoes a pivot that failed, and nothing once it has passed', async () => {
    await start();
    expect(await call('book', { id: 'c', failAt: 'pay' })).toMatchObject({ status: 422 });
    expect(effects.of('refund')).toEqual(['refund false']);
    const error = await call('book', { id: 'd', failAt: 'mail' });
    expect(sagaReportOf(error)).toMatchObject({
      status: 'incomplete',
      done: ['flight', 'hotel', 'pay'],
      deadLettered: [{ step: 'mail' }],
    });
    expect(effects.of('mail')).toEqual(['mail', 'mail']);
    expect(effects.of('refund')).toHaveLength(1);
  });

  test('is drawn from its code', () => {
    expect(sagaDiagram(TripSaga)).toMatchInlineSnapshot(`
      "flowchart TD
        start([trip])
        completed([completed])
        flight[flight]
        hotel[hotel]
        start --> flight
        start --> hotel
        pay{{pay: pivot}}
        flight --> pay
        hotel --> pay
        mail[mail: irreversible]
        pay --> mail
        mail --> completed
        subgraph rollback [rollback: all]
          undo_pay[refund]
          undo_flight[cancelFlight]
          undo_hotel[cancelHotel]
          undo_pay --> undo_flight
          undo_pay --> undo_hotel
        end
        pay -. fails .-> undo_pay
        flight -. fails .-> undo_flight
        hotel -. fails .-> undo_hotel
        undo_flight --> failed([failed])
        undo_hotel --> failed([failed])
      "
    `);
  });
});

describe('a declared saga that cannot work is refused when its class is defined:', () => {
  const method = { value: async () => undefined };
  const declare = (steps: Readonly<Record<string, object>>) => () => {
    class Broken {
      readonly declared = steps;
    }
    for (const [name, options] of Object.entries(steps)) {
      Object.defineProperty(Broken.prototype, name, method);
      SagaStep(options as { irreversible: true })(Broken.prototype, name, method);
    }
    DeclaredSaga()(Broken);
  };
  const irreversible = true;

  test.for<[string, Readonly<Record<string, object>>, RegExp]>([
    ['without steps', {}, /REA1044: Broken has no steps/],
    ['with several pivots', { a: { irreversible, pivot: true }, b: { irreversible, pivot: true } }, /several pivots/],
    ['with its pivot in a group', { a: { irreversible, pivot: true, group: 'g' } }, /pivot in a group/],
    ['with a step that does not say how it is undone', { a: {} }, /how its step a is undone/],
    ['with a step that names no method', { a: { undo: 'nothing' } }, /no method nothing, which undoes its step a/],
  ])('one %s', ([, steps, message]) => {
    expect(declare(steps)).toThrow(message);
  });
});

describe('a saga handler', () => {
  test('whose instance Nest has not made is refused at the start', async () => {
    const byFactory = { provide: Trips, useFactory: (sagas: Sagas) => new Trips(sagas), inject: [Sagas] };
    const starting = createTestApp({ imports: [SagaModule.forRoot()], providers: [byFactory, TripSaga] });
    await expect(starting).rejects.toThrow(/^REA1042: Trips\.whole is a @SagaHandler.*not a factory/);
  });

  test('is a saga as a whole, with explicit cancellation', async () => {
    const { ingress } = await start();
    expect(await call('whole', { id: 'e' })).toBe('whole');
    expect(await call('whole', { id: 'f', failAt: 'two' })).toMatchObject({ status: 422 });
    expect(effects.of('undo')).toEqual(['undo one f']);
    const { invocationId } = await ingress
      .service(Trips)
      .send.whole({ id: 'g', failAt: 'sleep' }, { idempotencyKey: 'g' });
    await effects.seen('asleep');
    await app!.cancel(invocationId);
    const error = await call('whole', { id: 'g', failAt: 'sleep' });
    expect(error).toMatchObject({ status: 409 });
    expect(sagaReportOf(error)).toMatchObject({ saga: 'whole', cause: { kind: 'cancelled' }, compensated: ['one'] });
    expect(effects.of('undo')).toEqual(['undo one f', 'undo one g']);
  });

  test('rolls back when its deadline passes, and fails with 408', async () => {
    await start();
    const error = await call('late', { id: 'late' });
    expect(error).toMatchObject({ status: 408 });
    expect(sagaReportOf(error)).toMatchObject({ saga: 'late', cause: { kind: 'deadline' }, compensated: ['one'] });
    expect(effects.log).toEqual(['one', 'undo one late']);
  });

  test('executing a class that declares no saga says what to do', async () => {
    await start();
    const sagas = app!.get(Sagas);
    await expect(sagas.execute(undefined as never, Effects as never, undefined as never)).rejects.toThrow(
      /^REA1043: Effects .*@DeclaredSaga/,
    );
  });

  test('currentSaga() outside a saga says what to do', async () => {
    const { ingress } = await start();
    const error: unknown = await ingress
      .service(Trips)
      .call.outside(undefined, { idempotencyKey: 'h' })
      .catch((e) => e);
    expect(error).toMatchObject({ status: 500, message: expect.stringMatching(/^REA8002: .*@SagaHandler/) as string });
  });
});
