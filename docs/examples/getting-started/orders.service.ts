// #region service
import type { Context } from '@restatedev/restate-sdk';
import { Handler, run, Service } from '@rea/core';
import { Mailer, Payments } from './partners.js';

export interface Order {
  item: string;
  amount: number;
}

@Service()
export class Orders {
  constructor(
    private readonly payments: Payments,
    private readonly mailer: Mailer,
  ) {}

  @Handler()
  async place(ctx: Context, { item, amount }: Order): Promise<string> {
    const receipt = await run(ctx, 'charge', ({ idempotencyKey }) => this.payments.charge(amount, idempotencyKey));
    await run(ctx, 'mail', ({ idempotencyKey }) => this.mailer.send(`Your ${item} is on its way`, idempotencyKey));
    return receipt;
  }
}
// #endregion service
