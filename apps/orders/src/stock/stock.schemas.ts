import { z } from 'zod';

/** Pieces that are set aside, by order id. */
export const Reservations = z.record(z.string(), z.int().positive());
export type Reservations = z.infer<typeof Reservations>;

export const Reservation = z.object({ orderId: z.string(), quantity: z.int().positive() });
export type Reservation = z.infer<typeof Reservation>;

export const StockLevel = z.object({
  sku: z.string(),
  /** On the shelf, reserved ones included. */
  onHand: z.int().nonnegative(),
  /** Set aside for orders that are not through yet. */
  reserved: z.int().nonnegative(),
  /** What can still be ordered. */
  available: z.int().nonnegative(),
  /** Gone to customers so far. */
  sold: z.int().nonnegative(),
});
export type StockLevel = z.infer<typeof StockLevel>;
