import type { Authorisation } from './payment.schemas.js';

export type AuthorisationAnswer =
  | { readonly status: 'authorised' }
  /** The bank asks the customer first; a webhook tells the answer. */
  | { readonly status: 'pending' }
  | { readonly status: 'declined'; readonly reason: string };

/** What comes with each request to the provider. */
export interface PaymentRequestOptions {
  /** A repeated key gets the first answer again and moves no money. */
  readonly idempotencyKey: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** The payment provider's API, as far as the shop uses it. One payment per order. */
export abstract class PaymentProvider {
  /** Holds an amount on a card, or tells by webhook whether it does. */
  abstract authorise(request: Authorisation, options: PaymentRequestOptions): Promise<AuthorisationAnswer>;
  /** Takes what is held. @throws ConflictException when nothing is */
  abstract capture(orderId: string, options: PaymentRequestOptions): Promise<void>;
  /** Lets go of what is held, and of what is pending; nothing happens when nothing is. */
  abstract void(orderId: string, options: PaymentRequestOptions): Promise<void>;
  /** Gives back what was taken; nothing happens when nothing was. */
  abstract refund(orderId: string, options: PaymentRequestOptions): Promise<void>;
}
