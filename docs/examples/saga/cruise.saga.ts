import { Handler, run, Service } from '@rea/core';
import { type CompensationRun, DeclaredSaga, Sagas, SagaStep, type Undo } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { Agency } from './agency.js';

export interface Cruise {
  readonly ship: string;
}

// #region declared
@DeclaredSaga({ name: 'cruise' })
export class CruiseSaga {
  constructor(private readonly agency: Agency) {}

  @SagaStep({ undo: 'freeCabin', group: 'bookings' })
  async cabin(ctx: Context, { ship }: Cruise): Promise<string> {
    return run(ctx, 'cabin', ({ idempotencyKey }) => this.agency.ask(`cabin on ${ship}`, idempotencyKey));
  }

  @SagaStep({ undo: 'freeBerth', group: 'bookings' })
  async berth(ctx: Context, { ship }: Cruise): Promise<string> {
    return run(ctx, 'berth', ({ idempotencyKey }) => this.agency.ask(`berth for ${ship}`, idempotencyKey));
  }

  @SagaStep({ undo: 'payBack', pivot: true })
  async pay(ctx: Context, _cruise: Cruise, { cabin }: { cabin: string }): Promise<string> {
    return run(ctx, 'pay', ({ idempotencyKey }) => this.agency.ask(`pay ${cabin}`, idempotencyKey));
  }

  @SagaStep({ irreversible: true })
  async depart(ctx: Context, { ship }: Cruise): Promise<string> {
    return run(ctx, 'depart', ({ idempotencyKey }) => this.agency.ask(`${ship} departs`, idempotencyKey));
  }

  async freeCabin(ctx: Context, { outcome }: Undo<Cruise, string>, { idempotencyKey }: CompensationRun): Promise<void> {
    const cabin = outcome.known ? outcome.value : 'the cabin';
    await run(ctx, 'free cabin', () => this.agency.ask(`free ${cabin}`, idempotencyKey));
  }

  async freeBerth(ctx: Context, { input }: Undo<Cruise, string>, { idempotencyKey }: CompensationRun): Promise<void> {
    await run(ctx, 'free berth', () => this.agency.ask(`free berth of ${input.ship}`, idempotencyKey));
  }

  async payBack(ctx: Context, _undo: Undo<Cruise, string>, { idempotencyKey }: CompensationRun): Promise<void> {
    await run(ctx, 'pay back', () => this.agency.ask('pay back', idempotencyKey));
  }
}

@Service()
export class Cruises {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async book(ctx: Context, cruise: Cruise): Promise<string> {
    const { pay } = await this.sagas.execute(ctx, CruiseSaga, cruise);
    return pay;
  }
}
// #endregion declared
