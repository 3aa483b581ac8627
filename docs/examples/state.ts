import { Handler, Shared, state, stateKey, VirtualObject } from '@rea/core';
import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { z } from 'zod';

// #region key
export const BasketLine = z.object({ sku: z.string().min(1), quantity: z.int().positive() });
export type BasketLine = z.infer<typeof BasketLine>;

export const basketLines = stateKey<BasketLine[]>('lines', {
  schema: z.array(BasketLine), // checks what is written, and transforms what is read
  default: () => [], // what reading gives while nothing is stored; without it, null
});
// #endregion key

// #region plain
export const visits = stateKey<{ count: number; last: Date }>('visits'); // `get` gives { count: number; last: string } | null
// #endregion plain

// #region codec
/** Text where it is stored, a `Date` in handlers. */
const Instant = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
export const opening = stateKey('opening', { schema: z.object({ at: Instant }) }); // `get` gives { at: Date } | null
// #endregion codec

// #region object
@VirtualObject()
export class Basket {
  @Handler({ input: BasketLine }) // one at a time per basket: no lock to take, no race to lose
  async add(ctx: ObjectContext, line: BasketLine): Promise<number> {
    const lines = await state(ctx, basketLines).update((current) => [...current, line]);
    return lines.length;
  }

  @Handler()
  async empty(ctx: ObjectContext): Promise<void> {
    state(ctx, basketLines).clear();
  }

  @Shared() // beside the others, at once; here `state` has no `set`
  async view(ctx: ObjectSharedContext): Promise<BasketLine[]> {
    return state(ctx, basketLines).get();
  }
}
// #endregion object

// #region before
/** The first release stored the address as one text. */
export const addressBefore = stateKey<string>('address');
// #endregion before

// #region versions
export interface Address {
  readonly street: string;
  readonly city: string;
  readonly country: string;
}

export const address = stateKey<Address>('address', {
  version: 2,
  upcasters: {
    0: (old) => {
      const [street = '', city = ''] = (old as string).split(', '); // what was stored without a version
      return { street, city };
    },
    1: (old) => ({ ...(old as Omit<Address, 'country'>), country: 'NL' }),
  },
});
// #endregion versions

@VirtualObject({ name: 'Recipient' })
export class RecipientBefore {
  @Handler()
  async move(ctx: ObjectContext, to: string): Promise<void> {
    state(ctx, addressBefore).set(to);
  }
}

@VirtualObject()
export class Recipient {
  @Handler()
  async move(ctx: ObjectContext, to: Address): Promise<void> {
    state(ctx, address).set(to);
  }

  @Shared()
  async address(ctx: ObjectSharedContext): Promise<Address | null> {
    return state(ctx, address).get();
  }
}
