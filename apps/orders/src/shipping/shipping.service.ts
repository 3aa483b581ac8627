import { Inject } from '@nestjs/common';
import { all, fanOut, Handler, orDefault, run, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { type Carrier, CARRIERS } from './carrier.js';
import { Booking, Parcel, Quote, Recall, Shipment } from './shipping.schemas.js';
import { UndeliverableError } from './undeliverable.error.js';

/** Finds the best carrier for a parcel and books it. */
@Service()
export class Shipping {
  constructor(@Inject(CARRIERS) private readonly carriers: readonly Carrier[]) {}

  /**
   * Asks all carriers at once and gives the cheapest quote, the quickest of equally cheap ones. A carrier that fails, or
   * does not answer within two seconds, is left out.
   *
   * @throws UndeliverableError when no carrier takes the parcel
   */
  @Handler({ input: Parcel, output: Quote })
  async bestQuote(ctx: Context, parcel: Parcel): Promise<Quote> {
    const { values } = await fanOut(
      ctx,
      this.carriers.map((carrier) => orDefault(ctx, this.quoteOf(ctx, carrier, parcel), { seconds: 2 }, null)),
    );
    const [best] = values.filter((quote) => quote !== null).sort((a, b) => a.price - b.price || a.days - b.days);
    if (!best) throw new UndeliverableError(parcel);
    return best;
  }

  /** Books the carrier of a quote. */
  @Handler({ input: Booking, output: Shipment })
  async book(ctx: Context, { orderId, parcel, quote }: Booking): Promise<Shipment> {
    const carrier = this.carriers.find(({ name }) => name === quote.carrier);
    if (!carrier) throw new UndeliverableError(parcel);
    const trackingCode = await run(ctx, 'book', ({ idempotencyKey, signal }) =>
      carrier.book(orderId, idempotencyKey, signal),
    );
    return { ...quote, trackingCode };
  }

  /** Calls off the pick-up of an order; nothing happens when none is booked. */
  @Handler({ input: Recall })
  async recall(ctx: Context, { orderId, carrier: booked }: Recall): Promise<void> {
    const carriers = this.carriers.filter(({ name }) => booked === undefined || name === booked);
    await all(
      ctx,
      carriers.map((carrier) => run(ctx, `recall of ${carrier.name}`, ({ signal }) => carrier.recall(orderId, signal))),
    );
  }

  private quoteOf(ctx: Context, carrier: Carrier, parcel: Parcel) {
    return run(ctx, `quote of ${carrier.name}`, ({ signal }) => carrier.quote(parcel, signal), {
      retry: { maxAttempts: 3 },
    });
  }
}
