import { Handler, run, Service } from '@rea/core';
import { Sagas } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import type { RunningScenario } from './scenario.js';

@Service()
export class Tickets {
  constructor(private readonly sagas: Sagas) {}

  // #region bad
  @Handler()
  async printEagerly(ctx: Context, name: string): Promise<string> {
    return this.sagas.run(ctx, 'ticket', async (saga) => {
      const printed = run(ctx, 'print', () => `ticket of ${name}`); // started, and nothing would undo it yet
      return saga.step('print', {
        compensate: () => () => run(ctx, 'void', () => `void ${name}`),
        action: () => printed,
      });
    });
  }
  // #endregion bad

  // #region good
  @Handler()
  async print(ctx: Context, name: string): Promise<string> {
    return this.sagas.run(ctx, 'ticket', (saga) =>
      saga.step('print', {
        compensate: () => () => run(ctx, 'void', () => `void ${name}`),
        action: () => run(ctx, 'print', () => `ticket of ${name}`),
      }),
    );
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [Tickets],
  bad: [
    {
      form: 'an action that was started before its step',
      provoke: (app, key) => app.ingress.service(Tickets).call.printEagerly(key, { idempotencyKey: false }),
      unguarded: {
        outcome: 'answers',
        harm: 'cancelled in between, the saga does not know that it has something to undo',
      },
    },
  ],
  good: [(app, key) => app.ingress.service(Tickets).call.print(key, { idempotencyKey: false })],
};
