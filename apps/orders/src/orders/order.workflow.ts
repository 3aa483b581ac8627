import { ConflictException, NotFoundException } from '@nestjs/common';
import {
  all,
  allSettled,
  InjectClient,
  now,
  type ObjectClient,
  promise,
  promiseKey,
  raceNamed,
  run,
  type ServiceClient,
  sleep,
  state,
  stateKey,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { TerminalError, type WorkflowContext, type WorkflowSharedContext } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { Catalog } from '../catalog/catalog.service.js';
import { totalOf } from '../common/order-line.schema.js';
import { Payments } from '../payments/payments.service.js';
import type { Parcel, Shipment } from '../shipping/shipping.schemas.js';
import { Shipping } from '../shipping/shipping.service.js';
import { Stock } from '../stock/stock.object.js';
import { OrderRequest, OrderView } from './order.schemas.js';
import { OrderCancelledError } from './order-cancelled.error.js';
import { endOf } from './order-end.js';
import { OrderIndex } from './order-index.object.js';

/** Takes one step back. */
type Undo = () => Promise<unknown>;

/**
 * One order, from the request to the parcel; the workflow id is the order id, so an order is placed once however often it
 * is submitted. It reserves stock, authorises the payment, sleeps while it is packed, captures the payment and ships.
 *
 * When the process dies anywhere in between, Restate calls {@link Order.place} again: steps that were done give their
 * journaled results, and it goes on where it was. An order that cannot go on (no stock, no money, no carrier, no interest)
 * takes its steps back, latest first, and that is a result like any other.
 */
@Workflow({ workflowRetention: { days: 30 } })
export class Order {
  static readonly current = stateKey<OrderView>('order', { schema: OrderView });
  static readonly cancellation = promiseKey<string>('cancellation', { schema: z.string() });
  static readonly decision = promiseKey<OrderView>('decision', { schema: OrderView });

  constructor(
    private readonly catalog: Catalog,
    @InjectClient(Stock) private readonly stock: ObjectClient<Stock>,
    @InjectClient(Payments) private readonly payments: ServiceClient<Payments>,
    @InjectClient(Shipping) private readonly shipping: ServiceClient<Shipping>,
    @InjectClient(OrderIndex) private readonly index: ObjectClient<OrderIndex>,
  ) {}

  @WorkflowRun({ input: OrderRequest, output: OrderView })
  async place(ctx: WorkflowContext, request: OrderRequest): Promise<OrderView> {
    const order = await this.open(ctx, request);
    // A step's undo is noted before the step is taken: a step that fails half-way is undone too.
    const undos: Undo[] = [];
    let shipment: Shipment;
    try {
      undos.push(() => this.releaseStock(ctx, order));
      await this.reserveStock(ctx, order);

      undos.push(() => this.payments.call.void(order.orderId));
      await this.payments.call.authorise({ orderId: order.orderId, amount: order.total, card: request.card });

      await this.pack(ctx, order, request.packSeconds);

      undos.push(() => this.payments.call.refund(order.orderId));
      await this.payments.call.capture(order.orderId);

      shipment = await this.ship(ctx, order, request.country);
    } catch (error) {
      // Anything else is retried by Restate: there is nothing to undo yet.
      if (!(error instanceof TerminalError)) throw error;
      for (const undo of undos.toReversed()) await undo();
      return this.close(ctx, { ...order, ...endOf(error) });
    }
    // The parcel is on its way: from here on nothing is taken back.
    await this.confirmStock(ctx, order);
    return this.close(ctx, { ...order, outcome: 'completed', shipment });
  }

  /** Stops the order while it is not paid yet. The workflow takes its steps back by itself. */
  @WorkflowSignal({ input: z.string().min(1).max(200) })
  async cancel(ctx: WorkflowSharedContext, reason: string): Promise<void> {
    const order = await this.status(ctx);
    if (!order) throw new NotFoundException(`There is no order ${ctx.key}.`);
    if (order.status === 'shipping' || order.status === 'closed') {
      throw new ConflictException(`Order ${ctx.key} is ${order.outcome ?? order.status}; it is too late to cancel it.`);
    }
    const cancellation = promise(ctx, Order.cancellation);
    if ((await cancellation.peek()) === undefined) await cancellation.resolve(reason);
  }

  /** How the order stands; null when there is none. */
  @WorkflowQuery()
  async status(ctx: WorkflowSharedContext): Promise<OrderView | null> {
    return state(ctx, Order.current).get();
  }

  /** Waits until it is clear whether the order is taken (it is packing then) or refused. */
  @WorkflowQuery()
  async decision(ctx: WorkflowSharedContext): Promise<OrderView> {
    return promise(ctx, Order.decision).get();
  }

  private async open(ctx: WorkflowContext, { customer, lines }: OrderRequest): Promise<OrderView> {
    // Journaled: prices may change before a replay, and this order keeps its own.
    const priced = await run(ctx, 'price', () => this.catalog.price(lines));
    const order = {
      orderId: ctx.key,
      customer,
      status: 'placed' as const,
      lines: priced,
      total: totalOf(priced),
      placedAt: (await now(ctx)).toISOString(),
    };
    const view = { ...order, number: await this.index.of(OrderIndex.KEY).call.add(order) };
    state(ctx, Order.current).set(view);
    return view;
  }

  /** All lines at once. Every answer is waited for: whoever undoes has to know that nothing is under way. */
  private async reserveStock(ctx: WorkflowContext, { orderId, lines }: OrderView): Promise<void> {
    const answers = await allSettled(
      ctx,
      lines.map(({ sku, quantity }) => this.stock.of(sku).call.reserve({ orderId, quantity })),
    );
    const refusal = answers.find((answer) => answer.status === 'rejected');
    if (refusal) throw refusal.reason;
  }

  private releaseStock(ctx: WorkflowContext, { orderId, lines }: OrderView): Promise<unknown> {
    return all(
      ctx,
      lines.map(({ sku }) => this.stock.of(sku).call.release(orderId)),
    );
  }

  private confirmStock(ctx: WorkflowContext, { orderId, lines }: OrderView): Promise<unknown> {
    return all(
      ctx,
      lines.map(({ sku }) => this.stock.of(sku).call.confirm(orderId)),
    );
  }

  /**
   * Sleeps while the order is packed. Nothing is held in memory meanwhile: the order sleeps in Restate, through restarts
   * of this app too.
   *
   * @throws OrderCancelledError when it is cancelled before it is packed
   */
  private async pack(ctx: WorkflowContext, order: OrderView, seconds: number): Promise<void> {
    const packedAt = new Date((await now(ctx)).getTime() + seconds * 1000).toISOString();
    const packing = { ...order, status: 'packing' as const, packedAt };
    await this.record(ctx, packing);
    await promise(ctx, Order.decision).resolve(packing);
    const first = await raceNamed(ctx, {
      cancelled: promise(ctx, Order.cancellation).get(),
      packed: sleep(ctx, { seconds }, 'packing'),
    });
    if (first.name === 'cancelled') throw new OrderCancelledError(first.value);
    state(ctx, Order.current).set({ ...packing, status: 'shipping' });
  }

  private async ship(ctx: WorkflowContext, { orderId, lines }: OrderView, country: string): Promise<Shipment> {
    const grams = await run(ctx, 'weigh', () => this.catalog.weigh(lines));
    const parcel: Parcel = { grams, country };
    const quote = await this.shipping.call.bestQuote(parcel);
    return this.shipping.call.book({ orderId, parcel, quote });
  }

  private async close(ctx: WorkflowContext, end: Omit<OrderView, 'status'>): Promise<OrderView> {
    const closed: OrderView = { ...end, status: 'closed' };
    await this.record(ctx, closed);
    const decision = promise(ctx, Order.decision);
    if ((await decision.peek()) === undefined) await decision.resolve(closed);
    return closed;
  }

  private async record(ctx: WorkflowContext, order: OrderView): Promise<void> {
    state(ctx, Order.current).set(order);
    await this.index.of(OrderIndex.KEY).call.update(order);
  }
}
