import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Carrier } from '../carrier.js';
import type { Parcel, Quote } from '../shipping.schemas.js';
import type { Tariff } from './tariff.js';

/**
 * A **stand-in** for a carrier, which is a third party out of this example's reach: it quotes by a fixed tariff and
 * books nothing. The tracking code is made from the idempotency key, so a repeated key gets the same one.
 */
export class TariffCarrier extends Carrier {
  readonly name: string;

  constructor(private readonly tariff: Tariff) {
    super();
    this.name = tariff.name;
  }

  async quote({ grams, country }: Parcel, signal: AbortSignal): Promise<Quote | null> {
    const { name, base, perKilogram, maxGrams, days, countries, latency } = this.tariff;
    await wait(latency, undefined, { signal });
    if (grams > maxGrams || !countries.includes(country)) return null;
    return { carrier: name, price: base + perKilogram * Math.ceil(grams / 1000), days };
  }

  async book(_orderId: string, idempotencyKey: string, signal: AbortSignal): Promise<string> {
    await wait(this.tariff.latency, undefined, { signal });
    return createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 12).toUpperCase();
  }

  async recall(_orderId: string, signal: AbortSignal): Promise<void> {
    await wait(this.tariff.latency, undefined, { signal });
  }
}
