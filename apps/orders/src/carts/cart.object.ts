import { ConflictException } from '@nestjs/common';
import { Handler, InjectClient, Shared, state, stateKey, VirtualObject, type WorkflowClient } from '@rea/core';
import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { Catalog } from '../catalog/catalog.service.js';
import { OrderLine, totalOf } from '../common/order-line.schema.js';
import { Order } from '../orders/order.workflow.js';
import { CartLines, CartView, Checkout } from './cart.schemas.js';

/** What a customer is about to order; the key is the customer. It lives in Restate: no session, no table. */
@VirtualObject()
export class Cart {
  static readonly lines = stateKey<OrderLine[]>('lines', { schema: CartLines, default: () => [] });

  constructor(
    private readonly catalog: Catalog,
    @InjectClient(Order) private readonly orders: WorkflowClient<Order>,
  ) {}

  /** Adds pieces; more of what is in the cart already adds up. */
  @Handler({ input: OrderLine, output: CartView })
  async addItem(ctx: ObjectContext, item: OrderLine): Promise<CartView> {
    this.catalog.product(item.sku);
    const lines = await state(ctx, Cart.lines).update((current) => merge(current, item));
    return this.show(ctx, lines);
  }

  @Handler({ input: z.string(), output: CartView })
  async removeItem(ctx: ObjectContext, sku: string): Promise<CartView> {
    const lines = await state(ctx, Cart.lines).update((current) => current.filter((line) => line.sku !== sku));
    return this.show(ctx, lines);
  }

  @Handler()
  async clear(ctx: ObjectContext): Promise<void> {
    state(ctx, Cart.lines).clear();
  }

  @Shared({ output: CartView })
  async view(ctx: ObjectSharedContext): Promise<CartView> {
    return this.show(ctx, await state(ctx, Cart.lines).get());
  }

  /**
   * Places an order for everything in the cart and empties it. Both happen or neither does, whatever crashes in between.
   *
   * @throws ConflictException when the cart is empty
   */
  @Handler({ input: Checkout, output: z.string() })
  async checkout(ctx: ObjectContext, { orderId, ...terms }: Checkout): Promise<string> {
    const lines = await state(ctx, Cart.lines).get();
    if (lines.length === 0) throw new ConflictException(`The cart of ${ctx.key} is empty.`);
    this.orders.of(orderId).submit({ customer: ctx.key, lines, ...terms });
    state(ctx, Cart.lines).clear();
    return orderId;
  }

  private show(ctx: ObjectSharedContext, lines: readonly OrderLine[]): CartView {
    const priced = this.catalog.price(lines);
    return { customer: ctx.key, lines: priced, total: totalOf(priced) };
  }
}

function merge(lines: readonly OrderLine[], { sku, quantity }: OrderLine): OrderLine[] {
  const known = lines.find((line) => line.sku === sku);
  if (!known) return [...lines, { sku, quantity }];
  if (known.quantity + quantity > 99) throw new ConflictException(`A cart takes at most 99 of ${sku}.`);
  return lines.map((line) => (line === known ? { sku, quantity: known.quantity + quantity } : line));
}
