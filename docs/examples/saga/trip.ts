import { Injectable } from '@nestjs/common';
import { run, Workflow, WorkflowQuery, WorkflowRun } from '@rea/core';
import {
  Compensation,
  compensateWith,
  compensationKey,
  type CompensationRun,
  sagaReport,
  type SagaReport,
  Sagas,
} from '@rea/saga';
import { type Context, TerminalError, type WorkflowContext, type WorkflowSharedContext } from '@restatedev/restate-sdk';
import { Agency } from './agency.js';

export interface Trip {
  readonly id: string;
  /** For trying things out: the step that fails. */
  readonly failAt?: 'hotel' | 'mail';
}

// #region compensations
/** Both sides name it by this; the compiler checks what is passed. */
export const cancelFlight = compensationKey<{ trip: string; flight?: string | undefined }>('cancel-flight');
export const refund = compensationKey<{ trip: string }>('refund');

@Injectable()
export class TripCompensations {
  constructor(private readonly agency: Agency) {}

  @Compensation(cancelFlight)
  async cancelFlight(ctx: Context, { flight }: { flight?: string | undefined }, { idempotencyKey }: CompensationRun) {
    // Not known: the flight may be booked all the same. The airline finds it by the trip.
    await run(ctx, 'cancel flight', () => this.agency.ask(`cancel ${flight ?? 'by trip'}`, idempotencyKey));
  }

  @Compensation(refund)
  async refund(ctx: Context, _trip: { trip: string }, { idempotencyKey }: CompensationRun): Promise<void> {
    await run(ctx, 'refund', () => this.agency.ask('refund', idempotencyKey));
  }
}
// #endregion compensations

@Workflow({ retention: 'standard' })
export class TripWorkflow {
  constructor(
    private readonly sagas: Sagas,
    private readonly agency: Agency,
  ) {}

  // #region saga
  @WorkflowRun()
  async book(ctx: WorkflowContext, trip: Trip): Promise<string> {
    return this.sagas.run(ctx, 'trip', async (saga) => {
      const flight = await saga.step('flight', {
        compensate: (outcome) =>
          compensateWith(cancelFlight, { trip: trip.id, flight: outcome.known ? outcome.value : undefined }),
        action: () => run(ctx, 'book flight', ({ idempotencyKey }) => this.agency.ask('flight', idempotencyKey)),
      });
      const hotel = await saga.step('hotel', {
        // Small things can be undone inline. Only named compensations can be redriven by an operator.
        compensate:
          () =>
          (_ctx, { idempotencyKey }) =>
            run(ctx, 'cancel hotel', () => this.agency.ask('cancel hotel', idempotencyKey)),
        action: async () => {
          if (trip.failAt === 'hotel') throw new TerminalError('The hotel is full', { errorCode: 409 });
          return run(ctx, 'book hotel', ({ idempotencyKey }) => this.agency.ask('hotel', idempotencyKey));
        },
      });
      await saga.pivot('pay', {
        compensate: () => compensateWith(refund, { trip: trip.id }),
        action: () => run(ctx, 'pay', ({ idempotencyKey }) => this.agency.ask('pay', idempotencyKey)),
      });
      // Paid: from here on nothing is taken back. What fails is tried again.
      await saga.step('mail', {
        irreversible: true,
        action: async ({ attempt }) => {
          if (trip.failAt === 'mail' && attempt < 3) throw new TerminalError('The mail server is busy');
          return run(ctx, 'mail', ({ idempotencyKey }) => this.agency.ask('mail', idempotencyKey));
        },
      });
      return `${flight} and ${hotel}`;
    });
  }
  // #endregion saga

  // #region report
  @WorkflowQuery()
  async progress(ctx: WorkflowSharedContext): Promise<SagaReport | null> {
    return sagaReport(ctx, 'trip');
  }
  // #endregion report
}
