import { z } from 'zod';

/** Which part of the list. */
export const DeadLetterListQuery = z.object({
  status: z.enum(['open', 'redriven', 'resolved', 'discarded']).default('open'),
  step: z.string().min(1).max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().optional(),
});
export type DeadLetterListQuery = z.infer<typeof DeadLetterListQuery>;

/** Who closes an entry, and why. */
export const OperatorDecision = z.object({ by: z.string().min(1).max(100), note: z.string().min(1).max(1_000) });
export type OperatorDecision = z.infer<typeof OperatorDecision>;

export const Redrive = z.object({
  by: z.string().min(1).max(100),
  note: z.string().min(1).max(1_000).optional(),
  /** Default: as it was. */
  payload: z.json().optional(),
});
export type Redrive = z.infer<typeof Redrive>;
