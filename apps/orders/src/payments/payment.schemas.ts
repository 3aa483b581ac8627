import { z } from 'zod';

/** A token that stands for a card. Never a card number: what a handler is given is kept in the journal. */
export const CardToken = z.string().regex(/^tok_\w{1,40}$/, 'has to be a token such as tok_visa');

export const Authorisation = z.object({
  orderId: z.string(),
  /** In cents. */
  amount: z.int().positive(),
  card: CardToken,
});
export type Authorisation = z.infer<typeof Authorisation>;
