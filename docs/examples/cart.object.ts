// #region object
import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { Handler, Shared, state, stateKey, VirtualObject } from '@rea/core';
import { z } from 'zod';

export const Line = z.object({ sku: z.string().min(1), quantity: z.int().positive() });
export type Line = z.infer<typeof Line>;

@VirtualObject()
export class Cart {
  static readonly lines = stateKey<Line[]>('lines', { schema: z.array(Line), default: () => [] });

  @Handler({ input: Line }) // one at a time per cart; an invalid line is a 400 with field details
  async add(ctx: ObjectContext, line: Line): Promise<number> {
    const lines = await state(ctx, Cart.lines).update((current) => [...current, line]);
    return lines.length;
  }

  @Shared() // beside the others, read-only: state(...).set does not compile here
  async view(ctx: ObjectSharedContext): Promise<Line[]> {
    return state(ctx, Cart.lines).get();
  }
}
// #endregion object
