import { z } from 'zod';
import { FailureSwitch } from '../common/failure-switch.js';
import { OrderLine, PricedLine } from '../common/order-line.schema.js';
import { OrderTerms } from '../orders/order.schemas.js';

export const CartLines = z.array(OrderLine).max(50);

export const CartView = z.object({
  customer: z.string(),
  lines: z.array(PricedLine),
  /** In cents. */
  total: z.int().nonnegative(),
});
export type CartView = z.infer<typeof CartView>;

/** Body of `POST /carts/:customer/checkout`. */
export const CheckoutTerms = OrderTerms;
export type CheckoutTerms = z.infer<typeof CheckoutTerms>;

export const Checkout = CheckoutTerms.extend({ orderId: z.string(), fail: FailureSwitch.optional() });
export type Checkout = z.infer<typeof Checkout>;
