import { Handler, run, Service } from '@rea/core';
import { Sagas } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import type { RunningScenario } from './scenario.js';

@Service()
export class Mailing {
  constructor(private readonly sagas: Sagas) {}

  // #region bad
  @Handler()
  async mailAll(ctx: Context, campaign: string): Promise<void> {
    const step = (reader: number) => ({
      compensate: () => () => run(ctx, `call back ${reader}`, () => campaign),
      action: () => run(ctx, `mail ${reader}`, () => campaign),
    });
    const readers = Array.from({ length: 51 }, (_, reader) => [`mail-${reader}`, step(reader)] as const);
    await this.sagas.run(ctx, 'mailing', (saga) => saga.parallel(Object.fromEntries(readers)));
  }
  // #endregion bad

  // #region good
  @Handler()
  async mailInParts(ctx: Context, campaign: string): Promise<void> {
    const parts = { north: 25, south: 26 };
    await this.sagas.run(ctx, 'mailing', async (saga) => {
      for (const [part, readers] of Object.entries(parts)) {
        await saga.step(`mail-${part}`, {
          compensate: () => () => run(ctx, `call back ${part}`, () => readers),
          action: () => run(ctx, `mail ${part}`, () => `${campaign}: ${readers}`),
        });
      }
    });
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [Mailing],
  bad: [
    {
      form: 'more than 50 steps',
      provoke: (app, key) => app.ingress.service(Mailing).call.mailAll(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'a rollback would have 51 compensations to run' },
    },
  ],
  good: [(app, key) => app.ingress.service(Mailing).call.mailInParts(key, { idempotencyKey: false })],
};
