import type { OrderView } from '../orders/order.schemas.js';
import type { PaymentSummary } from '../payments/stand-in/payment-summary.js';
import type { StockLevel } from '../stock/stock.schemas.js';
import { inParallel } from './in-parallel.js';
import type { ShopClient } from './shop.client.js';

/** The shop's books at one moment: the list of orders, the stock, and the provider's view of the money. */
export interface Snapshot {
  readonly orders: readonly OrderView[];
  readonly stock: readonly StockLevel[];
  readonly payments: PaymentSummary;
}

export async function takeSnapshot(shop: ShopClient): Promise<Snapshot> {
  const skus = await shop.skus();
  const stock = await inParallel(skus, 10, (sku) => shop.stock(sku));
  return { orders: await shop.orders(), stock, payments: await shop.payments() };
}
