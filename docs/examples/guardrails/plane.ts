import type { Context } from '@restatedev/restate-sdk';
import { Handler, InjectClient, run, Service, type ServiceClient } from '@rea/core';
import type { RunningScenario } from './scenario.js';

// #region good
@Service({ plane: 'data' }) // does the work
export class Labels {
  @Handler()
  async print(ctx: Context, parcel: string): Promise<string> {
    return run(ctx, 'print', () => `label of ${parcel}`);
  }
}

@Service({ plane: 'control' }) // decides what is done when
export class Dispatch {
  constructor(@InjectClient(Labels) private readonly labels: ServiceClient<Labels>) {}

  @Handler()
  async dispatch(_ctx: Context, parcel: string): Promise<string> {
    return this.labels.call.print(parcel);
  }
}
// #endregion good

// #region bad
@Service({ plane: 'control' })
export class BusyDispatch {
  @Handler()
  async dispatch(ctx: Context, parcel: string): Promise<string> {
    return run(ctx, 'print', () => `label of ${parcel}`); // work, on the plane that only decides
  }
}
// #endregion bad

@Service({ plane: 'data' })
export class BossyLabels {
  constructor(@InjectClient(Labels) private readonly labels: ServiceClient<Labels>) {}

  @Handler()
  async print(_ctx: Context, parcel: string): Promise<string> {
    return this.labels.call.print(parcel);
  }
}

export const scenario: RunningScenario = {
  providers: [Labels, Dispatch, BusyDispatch, BossyLabels],
  bad: [
    {
      form: 'work on the control plane',
      provoke: (app, key) => app.ingress.service(BusyDispatch).call.dispatch(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'the planes mean nothing' },
    },
    {
      form: 'orchestration on the data plane',
      provoke: (app, key) => app.ingress.service(BossyLabels).call.print(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'the planes mean nothing' },
    },
  ],
  good: [(app, key) => app.ingress.service(Dispatch).call.dispatch(key, { idempotencyKey: false })],
};
