import { RefusalError } from '../common/refusal.error.js';

/** The card's bank said no. */
export class PaymentDeclinedError extends RefusalError {
  constructor(reason: string) {
    super('payment-declined', `The payment was declined: ${reason}`, 402);
  }
}
