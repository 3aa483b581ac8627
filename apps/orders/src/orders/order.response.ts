import type { OrderView } from './order.schemas.js';

/** An order as HTTP clients see it: with where to go from here. */
export interface OrderResponse extends Partial<OrderView> {
  readonly orderId: string;
  readonly links: { readonly self: string; readonly cancel?: string };
}

/** While it can be cancelled. */
const OPEN: readonly OrderView['status'][] = ['placed', 'confirming', 'packing'];

/** An order that has only just been accepted has nothing to show but its id. */
export function orderResponse(orderId: string, order: OrderView | undefined): OrderResponse {
  const self = `/orders/${orderId}`;
  const open = order === undefined || OPEN.includes(order.status);
  return { orderId, ...order, links: { self, ...(open ? { cancel: `${self}/cancel` } : {}) } };
}
