import { Injectable } from '@nestjs/common';
import { all, choose, Handler, now, OrderedMap, run, runAsync, Service, uuid } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';

/** Stands in for the systems outside: remembers what it was asked, and answers a repeated key from memory. */
@Injectable()
export class Outside {
  readonly charges = new Map<string, number>();
  readonly quotes: string[] = [];
  /** How many requests hang before one is answered. */
  hanging = 0;

  async charge(amount: number, idempotencyKey: string, signal: AbortSignal): Promise<{ id: string; at: Date }> {
    if (this.hanging > 0) {
      this.hanging -= 1;
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('The request was aborted.')));
      });
    }
    this.charges.set(idempotencyKey, amount);
    return { id: `receipt-${amount}`, at: new Date() };
  }

  async quote(carrier: string): Promise<number> {
    this.quotes.push(carrier);
    return carrier.length;
  }
}

@Service({ retryPolicy: { initialInterval: 50 } })
export class Desk {
  constructor(private readonly outside: Outside) {}

  // #region run
  @Handler()
  async charge(ctx: Context, amount: number): Promise<string> {
    const receipt = await run(
      ctx,
      'charge', // its name in the journal and in the Restate UI
      ({ idempotencyKey, signal }) => this.outside.charge(amount, idempotencyKey, signal),
      {
        timeout: { seconds: 2 }, // of one try: then the signal is aborted and the try has failed
        retry: { maxAttempts: 5, initialInterval: 100 }, // then a TerminalError
      },
    );
    const at: string = receipt.at; // a Date before the journal, a string after it: the type says so
    return `${receipt.id} of ${at.slice(0, 4)}`;
  }
  // #endregion run

  // #region several
  @Handler()
  async quotes(ctx: Context, carriers: string[]): Promise<[string, number][]> {
    const asked = carriers.map((carrier) => runAsync(ctx, `quote ${carrier}`, () => this.outside.quote(carrier)));
    const prices = await all(
      ctx,
      asked.map(({ result }) => result), // at once, not one after another
    );
    const byCarrier = new OrderedMap(carriers.map((carrier, index) => [carrier, prices[index]!]));
    return byCarrier.toJSON(); // pairs: a plain object would put a carrier named "7" first
  }
  // #endregion several

  // #region deterministic
  @Handler()
  async label(ctx: Context, carriers: string[]): Promise<{ parcel: string; carrier: string | undefined; on: string }> {
    const parcel = uuid(ctx); // crypto.randomUUID() would give another one on replay
    const carrier = choose(ctx, carriers);
    const printed = await now(ctx); // journaled: the same after a crash
    return { parcel, carrier, on: printed.toISOString().slice(0, 10) };
  }
  // #endregion deterministic
}
