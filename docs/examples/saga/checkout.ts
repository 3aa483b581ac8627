// #region saga
import { Handler, run, Service } from '@rea/core';
import { compensateWith, Sagas } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { Agency } from './agency.js';

@Service()
export class Checkout {
  constructor(
    private readonly sagas: Sagas,
    private readonly agency: Agency,
  ) {}

  @Handler()
  async buy(ctx: Context, order: string): Promise<void> {
    await this.sagas.run(ctx, 'checkout', async (saga) => {
      await saga.step('pay', {
        compensate: () => compensateWith('refund', { trip: order }), // a @Compensation method of any provider
        action: () => run(ctx, 'pay', ({ idempotencyKey }) => this.agency.ask('pay', idempotencyKey)),
      });
      await ctx.sleep({ days: 1 }); // cancelled, killed and restarted, or failed from here on: the money goes back
    });
  }
}
// #endregion saga
