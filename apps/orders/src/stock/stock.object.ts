import { ConflictException } from '@nestjs/common';
import { Handler, run, Shared, state, stateKey, VirtualObject } from '@rea/core';
import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { Catalog } from '../catalog/catalog.service.js';
import { OutOfStockError } from './out-of-stock.error.js';
import { Reservation, Reservations, StockLevel } from './stock.schemas.js';

/**
 * The stock of one product; the key is its SKU. Restate lets one exclusive handler of a key run at a time, so two orders
 * never get the same last piece, without a lock or a transaction.
 *
 * A reservation belongs to an order: reserving twice, or releasing what is not reserved, changes nothing.
 */
@VirtualObject()
export class Stock {
  static readonly onHand = stateKey<number>('onHand', { schema: z.int().nonnegative() });
  static readonly sold = stateKey<number>('sold', { schema: z.int().nonnegative(), default: () => 0 });
  static readonly reservations = stateKey<Reservations>('reservations', { schema: Reservations, default: () => ({}) });

  constructor(private readonly catalog: Catalog) {}

  /** Sets pieces aside for an order. @throws OutOfStockError when there are not enough */
  @Handler({ input: Reservation, output: StockLevel })
  async reserve(ctx: ObjectContext, { orderId, quantity }: Reservation): Promise<StockLevel> {
    const { onHand, reservations } = await this.open(ctx);
    const current = await reservations.get();
    if (current[orderId] === undefined) {
      const available = onHand - sum(current);
      if (quantity > available) throw new OutOfStockError(ctx.key, quantity, available);
      reservations.set({ ...current, [orderId]: quantity });
    }
    return this.level(ctx);
  }

  /** Puts back what was set aside for an order. */
  @Handler({ input: z.string(), output: StockLevel })
  async release(ctx: ObjectContext, orderId: string): Promise<StockLevel> {
    await state(ctx, Stock.reservations).update(({ [orderId]: _released, ...others }) => others);
    return this.level(ctx);
  }

  /** Lets what was set aside for an order go out of the door. */
  @Handler({ input: z.string(), output: StockLevel })
  async confirm(ctx: ObjectContext, orderId: string): Promise<StockLevel> {
    const { onHand, reservations } = await this.open(ctx);
    const { [orderId]: quantity = 0, ...others } = await reservations.get();
    reservations.set(others);
    state(ctx, Stock.onHand).set(onHand - quantity);
    await state(ctx, Stock.sold).update((sold) => sold + quantity);
    return this.level(ctx);
  }

  /** Says how many pieces are on the shelf now: a delivery, a stocktaking. @throws ConflictException when fewer than reserved */
  @Handler({ input: z.int().nonnegative(), output: StockLevel })
  async seed(ctx: ObjectContext, pieces: number): Promise<StockLevel> {
    const reserved = sum(await state(ctx, Stock.reservations).get());
    if (pieces < reserved)
      throw new ConflictException(`${reserved} pieces of ${ctx.key} are reserved; release them first.`);
    state(ctx, Stock.onHand).set(pieces);
    return this.level(ctx);
  }

  @Shared({ output: StockLevel })
  async level(ctx: ObjectSharedContext): Promise<StockLevel> {
    const onHand = (await state(ctx, Stock.onHand).get()) ?? this.catalog.product(ctx.key).stock;
    const reserved = sum(await state(ctx, Stock.reservations).get());
    const sold = await state(ctx, Stock.sold).get();
    return { sku: ctx.key, onHand, reserved, available: Math.max(0, onHand - reserved), sold };
  }

  /**
   * The first order of a product takes the catalogue's count. Journaled, since the next version of the catalogue may have
   * another count and a replay has to see the same one.
   */
  private async open(ctx: ObjectContext) {
    const stored = await state(ctx, Stock.onHand).get();
    const onHand = stored ?? (await run(ctx, 'initial stock', () => this.catalog.product(ctx.key).stock));
    if (stored === null) state(ctx, Stock.onHand).set(onHand);
    return { onHand, reservations: state(ctx, Stock.reservations) };
  }
}

function sum(reservations: Reservations): number {
  return Object.values(reservations).reduce((total, quantity) => total + quantity, 0);
}
