import { Injectable } from '@nestjs/common';
import { Handler, run, Service } from '@rea/core';
import { Compensation, compensateWith, compensationKey, Sagas } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import type { RunningScenario } from './scenario.js';

// #region good
const cancelSeat = compensationKey<{ seat: string }>('cancel-seat'); // one name for both sides

@Injectable()
export class Seats {
  @Compensation(cancelSeat)
  async cancel(ctx: Context, { seat }: { seat: string }): Promise<void> {
    await run(ctx, 'cancel', () => `cancelled ${seat}`);
  }
}
// #endregion good

@Service()
export class Concerts {
  constructor(private readonly sagas: Sagas) {}

  // #region bad
  @Handler()
  async bookLoosely(ctx: Context, seat: string): Promise<string> {
    return this.sagas.run(ctx, 'concert', (saga) =>
      saga.step('seat', {
        compensate: () => compensateWith('cancle-seat', { seat }), // no such compensation: nothing would undo the step
        action: () => run(ctx, 'book', () => seat),
      }),
    );
  }
  // #endregion bad

  @Handler()
  async book(ctx: Context, seat: string): Promise<string> {
    return this.sagas.run(ctx, 'concert', (saga) =>
      saga.step('seat', {
        compensate: () => compensateWith(cancelSeat, { seat }),
        action: () => run(ctx, 'book', () => seat),
      }),
    );
  }
}

export const scenario: RunningScenario = {
  providers: [Concerts, Seats],
  bad: [
    {
      form: 'a misspelt name',
      provoke: (app, key) => app.ingress.service(Concerts).call.bookLoosely(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'should the saga fail later, the seat stays booked: a dead letter' },
    },
  ],
  good: [(app, key) => app.ingress.service(Concerts).call.book(key, { idempotencyKey: false })],
};
