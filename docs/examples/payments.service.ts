// #region payments
import type { Context } from '@restatedev/restate-sdk';
import { Handler, run, Service } from '@rea/core';
import { PaymentProvider } from './payment-provider.js';

@Service()
export class Payments {
  constructor(private readonly provider: PaymentProvider) {}

  @Handler()
  async charge(ctx: Context, amount: number): Promise<string> {
    const options = { retry: { maxAttempts: 5 } }; // then a TerminalError
    return run(
      ctx,
      'charge',
      ({ idempotencyKey, signal }) => this.provider.charge(amount, idempotencyKey, signal),
      options,
    );
  }
}
// #endregion payments
