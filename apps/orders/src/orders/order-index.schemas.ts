import { z } from 'zod';
import { OrderView } from './order.schemas.js';

/** Which part of the list: so many orders, only those with a smaller number than `before`. */
export const OrderListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(20),
  before: z.coerce.number().int().min(0).optional(),
});
export type OrderListQuery = z.infer<typeof OrderListQuery>;

export const OrderList = z.object({
  /** Latest first. */
  orders: z.array(OrderView),
  /** The `before` that gives the rest; absent at the end. */
  before: z.int().optional(),
});
export type OrderList = z.infer<typeof OrderList>;
