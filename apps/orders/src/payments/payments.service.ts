import { Handler, run, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { Authorisation, AuthorisationState } from './payment.schemas.js';
import { PaymentDeclinedError } from './payment-declined.error.js';
import { PaymentProvider } from './payment-provider.js';

/**
 * Payments, once each. The provider is asked inside `run`, so its answer is journaled, and with the run's idempotency key,
 * which is the same on every retry: a crash between the provider's effect and the journal moves no money twice.
 */
@Service()
export class Payments {
  constructor(private readonly provider: PaymentProvider) {}

  /** Holds an amount, or says that the customer is asked first. @throws PaymentDeclinedError when the bank says no */
  @Handler({ input: Authorisation, output: AuthorisationState })
  async authorise(ctx: Context, request: Authorisation): Promise<AuthorisationState> {
    const answer = await run(ctx, 'authorise', (options) => this.provider.authorise(request, options));
    if (answer.status === 'declined') throw new PaymentDeclinedError(answer.reason);
    return answer.status;
  }

  /** Takes what is held for an order. */
  @Handler({ input: z.string() })
  async capture(ctx: Context, orderId: string): Promise<void> {
    await run(ctx, 'capture', (options) => this.provider.capture(orderId, options));
  }

  /** Lets go of what is held for an order. */
  @Handler({ input: z.string() })
  async void(ctx: Context, orderId: string): Promise<void> {
    await run(ctx, 'void', (options) => this.provider.void(orderId, options));
  }

  /** Gives back what was taken for an order. */
  @Handler({ input: z.string() })
  async refund(ctx: Context, orderId: string): Promise<void> {
    await run(ctx, 'refund', (options) => this.provider.refund(orderId, options));
  }
}
