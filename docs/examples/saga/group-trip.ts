import { Handler, run, Service } from '@rea/core';
import { currentSaga, SagaHandler } from '@rea/saga';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { Agency } from './agency.js';

@Service()
export class GroupTrips {
  constructor(private readonly agency: Agency) {}

  // #region handler
  @Handler()
  @SagaHandler({ name: 'group-trip', strategy: 'best-effort', deadline: { minutes: 10 } })
  async book(ctx: Context, travellers: readonly string[]): Promise<number> {
    const saga = currentSaga(); // the whole handler is the saga
    // #region parallel
    const seats = await saga.parallel({
      bus: {
        compensate:
          () =>
          (_ctx, { idempotencyKey }) =>
            run(ctx, 'cancel bus', () => this.agency.ask('cancel bus', idempotencyKey)),
        action: () => run(ctx, 'book bus', ({ idempotencyKey }) => this.agency.ask('bus', idempotencyKey)),
      },
      guide: {
        compensate:
          () =>
          (_ctx, { idempotencyKey }) =>
            run(ctx, 'cancel guide', () => this.agency.ask('cancel guide', idempotencyKey)),
        action: () => run(ctx, 'book guide', ({ idempotencyKey }) => this.agency.ask('guide', idempotencyKey)),
      },
    });
    // #endregion parallel
    // #region nested
    await saga.nested('meals', async (meals) => {
      for (const name of travellers) {
        await meals.step(name, {
          compensate:
            () =>
            (_ctx, { idempotencyKey }) =>
              run(ctx, `no meal for ${name}`, () => this.agency.ask(`no meal for ${name}`, idempotencyKey)),
          action: () =>
            run(ctx, `meal for ${name}`, ({ idempotencyKey }) => this.agency.ask(`meal for ${name}`, idempotencyKey)),
        });
      }
    });
    // #endregion nested
    if (travellers.length > 9) throw new TerminalError(`${seats.bus} has 9 seats`, { errorCode: 409 });
    return travellers.length;
  }
  // #endregion handler
}
