import { z } from 'zod';

/** Body of `POST /orders/:id/cancel`; it may be left out. */
export const CancelOrder = z
  .object({ reason: z.string().min(1).max(200).default('Cancelled by the customer') })
  .prefault({});
export type CancelOrder = z.infer<typeof CancelOrder>;
