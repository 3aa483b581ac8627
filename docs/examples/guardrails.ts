import type { Context, ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import {
  Handler,
  InjectClient,
  type ObjectClient,
  run,
  Service,
  Shared,
  state,
  stateKey,
  VirtualObject,
} from '@rea/core';

@VirtualObject()
export class Counter {
  static readonly count = stateKey<number>('count', { default: () => 0 });

  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<number> {
    return state(ctx, Counter.count).update((count) => count + by);
  }

  // #region shared-write-bad
  @Shared()
  async reset(ctx: ObjectSharedContext): Promise<void> {
    (ctx as ObjectContext).set('count', 0); // forced past the compiler, lost at run time
  }
  // #endregion shared-write-bad

  // #region shared-write-good
  @Handler()
  async resetExclusively(ctx: ObjectContext): Promise<void> {
    state(ctx, Counter.count).clear();
  }
  // #endregion shared-write-good
}

@Service()
export class Reports {
  constructor(@InjectClient(Counter) private readonly counters: ObjectClient<Counter>) {}

  // #region context-in-run-bad
  @Handler()
  async nested(ctx: Context): Promise<number> {
    return run(ctx, 'count', async () => this.counters.of('visits').call.add(1)); // a replay skips the closure
  }
  // #endregion context-in-run-bad

  // #region context-in-run-good
  @Handler()
  async sequential(ctx: Context): Promise<number> {
    const visits = await this.counters.of('visits').call.add(1);
    return run(ctx, 'report', () => visits * 2);
  }
  // #endregion context-in-run-good
}
