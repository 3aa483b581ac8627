import { z } from 'zod';
import { OrderLine, PricedLine } from '../common/order-line.schema.js';
import { FailureSwitch } from '../common/failure-switch.js';
import { REFUSALS } from '../common/refusal.error.js';
import { CardToken } from '../payments/payment.schemas.js';
import { Country, Shipment } from '../shipping/shipping.schemas.js';

const Lines = z
  .array(OrderLine)
  .min(1)
  .max(50)
  .refine((lines) => new Set(lines.map(({ sku }) => sku)).size === lines.length, 'a SKU stands on two lines');

/** How an order is paid, packed and sent. */
export const OrderTerms = z.object({
  card: CardToken,
  country: Country.default('DE'),
  /** How long the order lies on the packing table before it is paid and sent; until then it can be cancelled. */
  packSeconds: z.number().min(0).max(2_592_000).default(0),
  /** How long the customer may take to confirm the payment, where the bank asks. */
  confirmSeconds: z.number().min(0).max(86_400).default(900),
});
export type OrderTerms = z.infer<typeof OrderTerms>;

/** What an order's workflow is started with. */
export const OrderRequest = OrderTerms.extend({
  customer: z.string().min(1).max(100),
  lines: Lines,
  fail: FailureSwitch.optional(),
});
export type OrderRequest = z.infer<typeof OrderRequest>;

/** Part of URLs, so without characters that mean something there. */
const OrderId = z.string().regex(/^[\w-]{1,64}$/, 'has to be 1 to 64 letters, digits, dashes or underscores');

/** Body of `POST /orders`. A client that picks the id itself can repeat the request safely. */
export const PlaceOrder = OrderRequest.omit({ fail: true }).extend({ orderId: OrderId.optional() });
export type PlaceOrder = z.infer<typeof PlaceOrder>;

/** How an order ended. `failed`: something broke that should not have; what was done is undone all the same. */
const OrderOutcome = z.enum(['completed', ...REFUSALS, 'failed']);

/**
 * `placed`: stock and payment are seen to. `confirming`: the customer's bank asks them. `packing`: asleep. `shipping`: paid.
 * `stuck`: it has an outcome, but an operator has to see to some steps. `closed`: it has one, and nothing is left to do.
 */
const OrderStatus = z.enum(['placed', 'confirming', 'packing', 'shipping', 'stuck', 'closed']);

/** An order without its number, which the list of orders gives it. */
export const NewOrder = z.object({
  orderId: z.string(),
  customer: z.string(),
  status: OrderStatus,
  outcome: OrderOutcome.optional(),
  /** Why, when the outcome is not `completed`. */
  reason: z.string().optional(),
  lines: z.array(PricedLine),
  /** In cents. */
  total: z.int().nonnegative(),
  placedAt: z.iso.datetime(),
  /** When packing ends. */
  packedAt: z.iso.datetime().optional(),
  shipment: Shipment.optional(),
  /** Steps that could not be taken back, or done, and those that wait for them; they are in the dead letters. */
  stuck: z.array(z.string()).optional(),
  /** When the order ended with them left. */
  stuckAt: z.iso.datetime().optional(),
  /** Ids of these dead letters. */
  deadLetters: z.array(z.string()).optional(),
});
export type NewOrder = z.infer<typeof NewOrder>;

export const OrderView = NewOrder.extend({ number: z.int().nonnegative() });
export type OrderView = z.infer<typeof OrderView>;
