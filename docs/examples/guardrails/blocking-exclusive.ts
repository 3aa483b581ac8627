import type { Context, Duration, ObjectContext } from '@restatedev/restate-sdk';
import {
  awakeable,
  Handler,
  InjectClient,
  type ObjectClient,
  resolveAwakeable,
  Service,
  type ServiceClient,
  sleep,
  VirtualObject,
} from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Service()
export class Approver {
  @Handler()
  async ask(ctx: Context, awakeableId: string): Promise<void> {
    resolveAwakeable(ctx, awakeableId, true);
  }
}

@VirtualObject()
export class Basket {
  constructor(
    @InjectClient(() => Basket) private readonly baskets: ObjectClient<Basket>,
    @InjectClient(Approver) private readonly approver: ServiceClient<Approver>,
  ) {}

  // #region bad
  @Handler()
  async expireAfter(ctx: ObjectContext, patience: Duration): Promise<void> {
    await sleep(ctx, patience); // until then nobody can put anything into this basket
    ctx.clearAll();
  }
  // #endregion bad

  @Handler()
  async expireOnceApproved(ctx: ObjectContext): Promise<void> {
    const { id, promise } = awakeable<boolean>(ctx);
    this.approver.send.ask(id);
    if (await promise) ctx.clearAll();
  }

  // #region good
  @Handler()
  async expireLater(ctx: ObjectContext, patience: Duration): Promise<void> {
    this.baskets.of(ctx.key).send.expire(undefined, { delay: patience });
  }

  @Handler()
  async expire(ctx: ObjectContext): Promise<void> {
    ctx.clearAll();
  }
  // #endregion good
}

const patience = { milliseconds: 150 };

export const scenario: RunningScenario = {
  providers: [Approver, Basket],
  rea: { limits: { exclusiveSleep: 100 } },
  bad: [
    {
      form: 'a long sleep',
      provoke: (app, key) => app.ingress.object(Basket).of(key).call.expireAfter(patience, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'meanwhile every other exclusive call of the object waits' },
    },
    {
      form: 'an awakeable',
      provoke: (app, key) =>
        app.ingress.object(Basket).of(key).call.expireOnceApproved(undefined, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'until then every other exclusive call of the object waits' },
    },
  ],
  good: [(app, key) => app.ingress.object(Basket).of(key).call.expireLater(patience, { idempotencyKey: false })],
};
