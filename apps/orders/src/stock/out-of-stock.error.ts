import { RefusalError } from '../common/refusal.error.js';

/** There are fewer pieces than an order asks for. */
export class OutOfStockError extends RefusalError {
  constructor(sku: string, wanted: number, available: number) {
    super('out-of-stock', `${wanted} of ${sku} were ordered, ${available} can be had`, 409);
  }
}
