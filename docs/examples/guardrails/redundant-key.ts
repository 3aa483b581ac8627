import type { Context } from '@restatedev/restate-sdk';
import { Handler, InjectClient, Service, type ServiceClient } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Service()
export class Card {
  @Handler()
  async charge(_ctx: Context, orderId: string): Promise<string> {
    return `receipt for ${orderId}`;
  }
}

@Service()
export class Billing {
  constructor(@InjectClient(Card) private readonly card: ServiceClient<Card>) {}

  // #region bad
  @Handler()
  async billWithKey(_ctx: Context, orderId: string): Promise<string> {
    return this.card.call.charge(orderId, { idempotencyKey: orderId }); // the journal makes it once already
  }
  // #endregion bad

  // #region good
  @Handler()
  async bill(_ctx: Context, orderId: string): Promise<string> {
    return this.card.call.charge(orderId);
  }

  @Handler()
  async billOnce(_ctx: Context, orderId: string): Promise<string> {
    // Whoever bills this order, in whichever invocation, gets the one receipt.
    return this.card.call.charge(orderId, { idempotencyKey: orderId, crossInvocation: true });
  }
  // #endregion good

  @Handler()
  async billLater(_ctx: Context, orderId: string): Promise<void> {
    this.card.send.charge(orderId, { idempotencyKey: orderId });
  }
}

export const scenario: RunningScenario = {
  providers: [Card, Billing],
  bad: [
    {
      form: 'a call',
      provoke: (app, key) => app.ingress.service(Billing).call.billWithKey(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'Restate keeps the result of each call for a day' },
    },
    {
      form: 'a message',
      provoke: (app, key) => app.ingress.service(Billing).call.billLater(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'Restate keeps the result of each message for a day' },
    },
  ],
  good: [
    (app, key) => app.ingress.service(Billing).call.bill(key, { idempotencyKey: false }),
    (app, key) => app.ingress.service(Billing).call.billOnce(key, { idempotencyKey: false }),
  ],
};
