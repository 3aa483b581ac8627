import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { Handler, InjectClient, type ObjectClient, run, Service, state, stateKey, VirtualObject } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@VirtualObject()
export class Visits {
  static readonly count = stateKey<number>('count', { default: () => 0 });

  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<number> {
    return state(ctx, Visits.count).update((count) => count + by);
  }
}

@Service()
export class Reports {
  constructor(@InjectClient(Visits) private readonly visits: ObjectClient<Visits>) {}

  // #region bad
  @Handler()
  async nested(ctx: Context, page: string): Promise<number> {
    return run(ctx, 'count', async () => this.visits.of(page).call.add(1)); // a replay skips the closure
  }
  // #endregion bad

  @Handler()
  async asleep(ctx: Context): Promise<void> {
    await run(ctx, 'pause', async () => ctx.sleep({ seconds: 2 }));
  }

  // #region good
  @Handler()
  async sequential(ctx: Context, page: string): Promise<number> {
    const visits = await this.visits.of(page).call.add(1);
    return run(ctx, 'report', () => visits * 2);
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [Visits, Reports],
  bad: [
    {
      form: 'a durable client in a run',
      provoke: (app, key) => app.ingress.service(Reports).call.nested(key, { idempotencyKey: false }),
      unguarded: { outcome: 'never ends', failure: 'Journal mismatch', harm: 'no attempt matches the journal' },
    },
    {
      form: 'ctx in a run',
      provoke: (app) => app.ingress.service(Reports).call.asleep(undefined, { idempotencyKey: false }),
      unguarded: { outcome: 'never ends', failure: 'Journal mismatch', harm: 'no attempt matches the journal' },
    },
  ],
  good: [(app, key) => app.ingress.service(Reports).call.sequential(key, { idempotencyKey: false })],
};
