import { z } from 'zod';

/** Two capital letters, as in ISO 3166. */
export const Country = z.string().regex(/^[A-Z]{2}$/, 'has to be a country code such as DE');

export const Parcel = z.object({ grams: z.int().positive(), country: Country });
export type Parcel = z.infer<typeof Parcel>;

export const Quote = z.object({ carrier: z.string(), price: z.int().nonnegative(), days: z.int().positive() });
/** What a carrier asks for a parcel, in cents, and how long it takes. */
export type Quote = z.infer<typeof Quote>;

export const Booking = z.object({ orderId: z.string(), parcel: Parcel, quote: Quote });
export type Booking = z.infer<typeof Booking>;

export const Shipment = Quote.extend({ trackingCode: z.string() });
export type Shipment = z.infer<typeof Shipment>;

/** Which pick-up to call off; without a carrier, wherever one may be booked. */
export const Recall = z.object({ orderId: z.string(), carrier: z.string().optional() });
export type Recall = z.infer<typeof Recall>;
