import { z } from 'zod';

/** So many of one product. */
export const OrderLine = z.object({
  sku: z.string().min(1).max(64),
  quantity: z.int().min(1).max(99),
});
export type OrderLine = z.infer<typeof OrderLine>;

/** A line with the name and the price, in cents, that it was ordered at. */
export const PricedLine = OrderLine.extend({
  name: z.string(),
  price: z.int().nonnegative(),
});
export type PricedLine = z.infer<typeof PricedLine>;

/** What lines cost together, in cents. */
export function totalOf(lines: readonly PricedLine[]): number {
  return lines.reduce((total, { price, quantity }) => total + price * quantity, 0);
}
