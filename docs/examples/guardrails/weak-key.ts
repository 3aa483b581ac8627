import type { Context } from '@restatedev/restate-sdk';
import { Handler, idempotencyKey, InjectClient, Service, type ServiceClient, uuid } from '@rea/core';
import type { RunningScenario } from './scenario.js';

interface RefundRequest {
  readonly orderId: string;
  readonly time: string;
}

@Service()
export class Refunds {
  @Handler()
  async refund(_ctx: Context, orderId: string): Promise<string> {
    return `refunded ${orderId}`;
  }
}

@Service()
export class Returns {
  constructor(@InjectClient(Refunds) private readonly refunds: ServiceClient<Refunds>) {}

  // #region bad
  @Handler()
  async refundTwicePerhaps(_ctx: Context, { orderId, time }: RefundRequest): Promise<string> {
    const key = `refund/${orderId}/${time}`; // the next request for this order has another time
    return this.refunds.call.refund(orderId, { idempotencyKey: key, crossInvocation: true });
  }
  // #endregion bad

  @Handler()
  async refundByChance(ctx: Context, orderId: string): Promise<string> {
    return this.refunds.call.refund(orderId, { idempotencyKey: uuid(ctx), crossInvocation: true });
  }

  // #region good
  @Handler()
  async refundOnce(_ctx: Context, { orderId }: RefundRequest): Promise<string> {
    const key = idempotencyKey('refund', orderId); // what identifies the action
    return this.refunds.call.refund(orderId, { idempotencyKey: key, crossInvocation: true });
  }
  // #endregion good
}

const requestOf = (orderId: string): RefundRequest => ({ orderId, time: '2026-11-24T05:37:13Z' });

export const scenario: RunningScenario = {
  providers: [Refunds, Returns],
  bad: [
    {
      form: 'a time in the key',
      provoke: (app) =>
        app.ingress.service(Returns).call.refundTwicePerhaps(requestOf('o-17'), { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'the next try has another key and is done again' },
    },
    {
      form: 'a random key',
      provoke: (app, key) => app.ingress.service(Returns).call.refundByChance(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'no other invocation has this key, so it recognises nothing' },
    },
    {
      form: 'a time in the key of a request',
      provoke: (app) =>
        app.ingress.service(Refunds).call.refund('o-17', { idempotencyKey: 'o-17/2026-11-24T05:37:13Z' }),
      unguarded: { outcome: 'answers', harm: 'the next try has another key and is done again' },
    },
  ],
  good: [(app, key) => app.ingress.service(Returns).call.refundOnce(requestOf(key), { idempotencyKey: false })],
};
