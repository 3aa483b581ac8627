import { z } from 'zod';

const LedgerEntryKind = z.enum([
  'authorised',
  'declined',
  'captured',
  'voided',
  'refunded',
  'pending',
  'expired',
  'unchanged',
]);

/**
 * One answer of the stand-in. `pending`: the customer has to confirm it. `expired`: the shop did not wait for that.
 * `unchanged`: there was nothing to void or to refund.
 */
export const LedgerEntry = z.object({
  at: z.string(),
  idempotencyKey: z.string(),
  orderId: z.string(),
  kind: LedgerEntryKind,
  /** In cents. */
  amount: z.int().nonnegative(),
  reason: z.string().optional(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;
