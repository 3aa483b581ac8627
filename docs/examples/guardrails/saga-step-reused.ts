import { Handler, run, Service } from '@rea/core';
import { Sagas } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import type { RunningScenario } from './scenario.js';

@Service()
export class BasketPicking {
  constructor(private readonly sagas: Sagas) {}

  // #region bad
  @Handler()
  async pickAlike(ctx: Context, orderId: string): Promise<void> {
    await this.sagas.run(ctx, 'picking', async (saga) => {
      for (const sku of ['cup', 'plate']) {
        await saga.step('pick', {
          // twice: one idempotency key, one dead letter for both
          compensate: () => () => run(ctx, 'put back', () => `${orderId}: ${sku}`),
          action: () => run(ctx, 'pick', () => `${orderId}: ${sku}`),
        });
      }
    });
  }
  // #endregion bad

  // #region good
  @Handler()
  async pick(ctx: Context, orderId: string): Promise<void> {
    await this.sagas.run(ctx, 'picking', async (saga) => {
      for (const sku of ['cup', 'plate']) {
        await saga.step(`pick-${sku}`, {
          compensate: () => () => run(ctx, `put back ${sku}`, () => orderId),
          action: () => run(ctx, `pick ${sku}`, () => orderId),
        });
      }
    });
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [BasketPicking],
  bad: [
    {
      form: 'two steps of one name',
      provoke: (app, key) => app.ingress.service(BasketPicking).call.pickAlike(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'both steps have one idempotency key, and would be one dead letter' },
    },
  ],
  good: [(app, key) => app.ingress.service(BasketPicking).call.pick(key, { idempotencyKey: false })],
};
