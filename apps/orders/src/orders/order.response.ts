import type { OrderView } from './order.schemas.js';

/** An order as HTTP clients see it: with where to go from here. */
export interface OrderResponse extends Partial<Omit<OrderView, 'status' | 'deadLetters'>> {
  readonly orderId: string;
  /** `accepted`: Restate has it, and its workflow has not begun. */
  readonly status: OrderView['status'] | 'accepted';
  readonly links: { readonly self: string; readonly cancel?: string };
}

/** While it can be cancelled. */
const OPEN: readonly OrderView['status'][] = ['placed', 'confirming', 'packing'];

/** An order that has only just been accepted has nothing to show but its id. */
export function orderResponse(orderId: string, order: OrderView | undefined): OrderResponse {
  const self = `/orders/${orderId}`;
  const open = order === undefined || OPEN.includes(order.status);
  const { deadLetters: _operators, ...shown } = order ?? { status: 'accepted' as const };
  return { orderId, ...shown, links: { self, ...(open ? { cancel: `${self}/cancel` } : {}) } };
}
