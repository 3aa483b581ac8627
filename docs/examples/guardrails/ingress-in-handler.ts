import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { Handler, InjectClient, type ObjectClient, Service, state, stateKey, VirtualObject } from '@rea/core';
import { type IngressObjectClient, InjectIngress } from '@rea/ingress';
import type { RunningScenario } from './scenario.js';

@VirtualObject()
export class Shelf {
  static readonly reserved = stateKey<number>('reserved', { default: () => 0 });

  @Handler()
  async reserve(ctx: ObjectContext, quantity: number): Promise<number> {
    return state(ctx, Shelf.reserved).update((reserved) => reserved + quantity);
  }
}

@Service()
export class Picking {
  constructor(
    @InjectIngress(Shelf) private readonly overHttp: IngressObjectClient<Shelf>,
    @InjectClient(Shelf) private readonly shelves: ObjectClient<Shelf>,
  ) {}

  // #region bad
  @Handler()
  async pickTwicePerhaps(_ctx: Context, sku: string): Promise<number> {
    return this.overHttp.of(sku).call.reserve(1, { idempotencyKey: false }); // sent again by each replay
  }
  // #endregion bad

  // #region good
  @Handler()
  async pick(_ctx: Context, sku: string): Promise<number> {
    return this.shelves.of(sku).call.reserve(1);
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [Shelf, Picking],
  bad: [
    {
      form: 'a call over HTTP',
      provoke: (app, key) => app.ingress.service(Picking).call.pickTwicePerhaps(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'the journal does not know of it: each replay sends it again' },
    },
  ],
  good: [(app, key) => app.ingress.service(Picking).call.pick(key, { idempotencyKey: false })],
};
