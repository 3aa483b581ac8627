import { z } from 'zod';

/** A token that stands for a card. Never a card number: what a handler is given is kept in the journal. */
export const CardToken = z.string().regex(/^tok_\w{1,40}$/, 'has to be a token such as tok_visa');

/** `pending`: the customer has to confirm it; {@link PaymentEvent} tells the end. */
export const AuthorisationState = z.enum(['authorised', 'pending']);
export type AuthorisationState = z.infer<typeof AuthorisationState>;

/** What the provider's webhook tells. */
export const PaymentEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('payment.authorised'), orderId: z.string().min(1).max(64) }),
  z.object({
    type: z.literal('payment.declined'),
    orderId: z.string().min(1).max(64),
    reason: z.string().min(1).max(200),
  }),
]);
export type PaymentEvent = z.infer<typeof PaymentEvent>;

export const Authorisation = z.object({
  orderId: z.string(),
  /** In cents. */
  amount: z.int().positive(),
  card: CardToken,
});
export type Authorisation = z.infer<typeof Authorisation>;
