import { RefusalError } from '../common/refusal.error.js';

/** The customer changed their mind in time. */
export class OrderCancelledError extends RefusalError {
  constructor(reason: string) {
    super('cancelled', reason, 410);
  }
}
