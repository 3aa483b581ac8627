import type { OrderResponse } from '../orders/order.response.js';
import type { OrderRequest, OrderView } from '../orders/order.schemas.js';
import type { OrderList } from '../orders/order-index.schemas.js';
import type { LedgerEntry } from '../payments/stand-in/ledger-entry.schema.js';
import type { PaymentSummary } from '../payments/stand-in/payment-summary.js';
import type { StockLevel } from '../stock/stock.schemas.js';
import { LoadError } from './load.error.js';

const TIMEOUT = 60_000;

/** The order app over HTTP, as any client uses it. */
export class ShopClient {
  /**
   * @param key an operator's, who orders for many customers
   * @param signal ends every request when it is aborted
   */
  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly signal: AbortSignal,
  ) {}

  place(order: OrderRequest, idempotencyKey: string): Promise<OrderResponse> {
    return this.request('POST', '/orders', order, { 'idempotency-key': idempotencyKey });
  }

  cancel(orderId: string): Promise<OrderResponse> {
    return this.request('POST', `/orders/${orderId}/cancel`);
  }

  order(orderId: string): Promise<OrderView> {
    return this.request('GET', `/orders/${orderId}`);
  }

  /** Every order that the shop has, page by page. */
  async orders(): Promise<OrderView[]> {
    const orders: OrderView[] = [];
    for (let before: number | undefined; ;) {
      const list = await this.request<OrderList>(
        'GET',
        `/orders?limit=200${before === undefined ? '' : `&before=${before}`}`,
      );
      orders.push(...list.orders);
      if (list.before === undefined) return orders;
      before = list.before;
    }
  }

  async skus(): Promise<string[]> {
    const catalog = await this.request<{ sku: string }[]>('GET', '/catalog');
    return catalog.map(({ sku }) => sku);
  }

  async stock(sku: string): Promise<StockLevel> {
    const { stock } = await this.request<{ stock: StockLevel }>('GET', `/catalog/${sku}`);
    return stock;
  }

  payments(): Promise<PaymentSummary> {
    return this.request('GET', '/payments/summary');
  }

  paymentsOf(orderId: string): Promise<LedgerEntry[]> {
    return this.request('GET', `/payments/${orderId}`);
  }

  private async request<T>(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${this.key}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(TIMEOUT)]),
    }).catch((cause: unknown) => {
      throw new LoadError(`${this.url} does not answer (${reasonOf(cause)}). Is the order app up there?`, { cause });
    });
    const text = await response.text();
    if (!response.ok) throw new LoadError(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
