import type { Parcel, Quote } from './shipping.schemas.js';

/** A carrier's API, as far as the shop uses it. */
export abstract class Carrier {
  abstract readonly name: string;
  /** What it asks for a parcel; null when it does not take it. */
  abstract quote(parcel: Parcel, signal: AbortSignal): Promise<Quote | null>;
  /** Books the pick-up; gives the tracking code. A repeated key books nothing and gives the same code. */
  abstract book(orderId: string, idempotencyKey: string, signal: AbortSignal): Promise<string>;
  /** Calls a pick-up off; nothing happens when none is booked. */
  abstract recall(orderId: string, signal: AbortSignal): Promise<void>;
}

/** Injection token of the carriers that the shop works with. */
export const CARRIERS = Symbol('CARRIERS');
