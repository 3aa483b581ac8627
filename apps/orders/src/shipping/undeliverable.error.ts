import { RefusalError } from '../common/refusal.error.js';
import type { Parcel } from './shipping.schemas.js';

/** No carrier takes the parcel. */
export class UndeliverableError extends RefusalError {
  constructor({ grams, country }: Parcel) {
    super('undeliverable', `No carrier takes ${grams} g to ${country}`, 422);
  }
}
