import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { Handler, Shared, state, stateKey, VirtualObject } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@VirtualObject()
export class Counter {
  static readonly count = stateKey<number>('count', { default: () => 0 });

  // #region bad
  @Shared()
  async reset(ctx: ObjectSharedContext): Promise<void> {
    (ctx as ObjectContext).set('count', 0); // forced past the compiler, refused by the server
  }
  // #endregion bad

  @Shared()
  async forget(ctx: ObjectSharedContext): Promise<void> {
    state(ctx as ObjectContext, Counter.count).clear();
  }

  // #region good
  @Handler()
  async resetExclusively(ctx: ObjectContext): Promise<void> {
    state(ctx, Counter.count).set(0);
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [Counter],
  bad: [
    {
      form: 'ctx.set',
      provoke: (app, key) => app.ingress.object(Counter).of(key).call.reset(),
      unguarded: {
        outcome: 'never ends',
        failure: 'RT0017',
        harm: 'each attempt fails on the server',
      },
    },
    {
      form: 'state().clear',
      provoke: (app, key) => app.ingress.object(Counter).of(key).call.forget(),
      unguarded: {
        outcome: 'never ends',
        failure: 'RT0017',
        harm: 'each attempt fails on the server',
      },
    },
  ],
  good: [(app, key) => app.ingress.object(Counter).of(key).call.resetExclusively(undefined, { idempotencyKey: false })],
};
