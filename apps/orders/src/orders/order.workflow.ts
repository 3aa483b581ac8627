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
  type WorkflowPromise,
  WorkflowSignal,
} from '@rea/core';
import { compensateWith, type Saga, Sagas } from '@rea/saga';
import {
  CancelledError,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { z } from 'zod';
import { Catalog } from '../catalog/catalog.service.js';
import { failIf } from '../common/failure-switch.js';
import { totalOf } from '../common/order-line.schema.js';
import { refundPayment, voidPayment } from '../payments/payments.compensations.js';
import { PaymentDeclinedError } from '../payments/payment-declined.error.js';
import { Payments } from '../payments/payments.service.js';
import { recallParcel } from '../shipping/shipping.compensations.js';
import type { Parcel, Shipment } from '../shipping/shipping.schemas.js';
import { Shipping } from '../shipping/shipping.service.js';
import { releaseStock } from '../stock/stock.compensations.js';
import { Stock } from '../stock/stock.object.js';
import { OrderRequest, OrderView } from './order.schemas.js';
import { OrderCancelledError } from './order-cancelled.error.js';
import { endOf } from './order-end.js';
import { OrderIndex } from './order-index.object.js';

/**
 * One order, from the request to the parcel; the workflow id is the order id, so an order is placed once however often it
 * is submitted. It reserves stock, authorises the payment, sleeps while it is packed, captures the payment and ships.
 *
 * When the process dies anywhere in between, Restate calls {@link Order.place} again: steps that were done give their
 * journaled results, and it goes on where it was. An order that cannot go on (no stock, no money, no carrier, no interest)
 * takes its steps back, latest first, and that is a result like any other. What cannot be taken back is a dead letter.
 */
@Workflow({ workflowRetention: { days: 30 } })
export class Order {
  static readonly current = stateKey<OrderView>('order', { schema: OrderView });
  static readonly cancellation = promiseKey<string>('cancellation', { schema: z.string() });
  /** The customer's answer to their bank, where it asks. Rejected: with why it is declined. */
  static readonly confirmation = promiseKey<true>('confirmation', { schema: z.literal(true) });
  static readonly decision = promiseKey<OrderView>('decision', { schema: OrderView });

  constructor(
    private readonly catalog: Catalog,
    private readonly sagas: Sagas,
    @InjectClient(Stock) private readonly stock: ObjectClient<Stock>,
    @InjectClient(Payments) private readonly payments: ServiceClient<Payments>,
    @InjectClient(Shipping) private readonly shipping: ServiceClient<Shipping>,
    @InjectClient(OrderIndex) private readonly index: ObjectClient<OrderIndex>,
  ) {}

  @WorkflowRun({ input: OrderRequest, output: OrderView })
  async place(ctx: WorkflowContext, request: OrderRequest): Promise<OrderView> {
    const order = await this.open(ctx, request);
    try {
      const shipment = await this.sagas.run(ctx, 'order', (saga) => this.fulfil(ctx, saga, order, request));
      return await this.close(ctx, { ...order, status: 'closed', outcome: 'completed', shipment });
    } catch (error) {
      // Anything else is retried by Restate. By now the saga has taken back what was done.
      if (!(error instanceof TerminalError)) throw error;
      const end = endOf(error);
      const stuckAt = end.status === 'stuck' ? { stuckAt: (await now(ctx)).toISOString() } : {};
      return this.close(ctx, { ...order, ...end, ...stuckAt });
    }
  }

  /**
   * Stops the order while it is not paid yet. The workflow takes its steps back by itself. Does nothing when it is cancelled
   * already.
   */
  @WorkflowSignal({ input: z.string().min(1).max(200) })
  async cancel(ctx: WorkflowSharedContext, reason: string): Promise<void> {
    const order = await this.status(ctx);
    if (!order) throw new NotFoundException(`There is no order ${ctx.key}.`);
    if (order.outcome === 'cancelled') return;
    if (order.status === 'shipping' || order.outcome !== undefined) {
      throw new ConflictException(`Order ${ctx.key} is ${order.outcome ?? order.status}; it is too late to cancel it.`);
    }
    await unlessSettled(promise(ctx, Order.cancellation).resolve(reason));
  }

  /** The provider tells that the payment is authorised after all. */
  @WorkflowSignal()
  async paymentAuthorised(ctx: WorkflowSharedContext): Promise<void> {
    await this.answer(ctx, (confirmation) => confirmation.resolve(true));
  }

  /** The provider tells that there will be no payment. */
  @WorkflowSignal({ input: z.string().min(1).max(200) })
  async paymentDeclined(ctx: WorkflowSharedContext, reason: string): Promise<void> {
    await this.answer(ctx, (confirmation) => confirmation.reject(new PaymentDeclinedError(reason)));
  }

  /** How the order stands; null when there is none. */
  @WorkflowQuery()
  async status(ctx: WorkflowSharedContext): Promise<OrderView | null> {
    return state(ctx, Order.current).get();
  }

  /** Waits until it is clear whether the order is taken (it is packing then), refused, or waits for the customer's bank. */
  @WorkflowQuery()
  async decision(ctx: WorkflowSharedContext): Promise<OrderView> {
    return promise(ctx, Order.decision).get();
  }

  private async answer(
    ctx: WorkflowSharedContext,
    settle: (confirmation: WorkflowPromise<true>) => Promise<void>,
  ): Promise<void> {
    if (!(await this.status(ctx))) throw new NotFoundException(`There is no order ${ctx.key}.`);
    await unlessSettled(settle(promise(ctx, Order.confirmation)));
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

  private async fulfil(
    ctx: WorkflowContext,
    saga: Saga,
    order: OrderView,
    { card, country, packSeconds, confirmSeconds, fail }: OrderRequest,
  ): Promise<Shipment> {
    const { orderId, total } = order;
    const skus = order.lines.map(({ sku }) => sku);
    const switched = (step: string) => (fail?.undo === step ? { fail: true } : {});

    await saga.step('reserve-stock', {
      compensate: () => compensateWith(releaseStock, { orderId, skus, ...switched('reserve-stock') }),
      action: async () => {
        await this.reserveStock(ctx, order);
        failIf(fail?.step === 'reserve-stock', 'The reservation');
      },
    });
    await saga.step('authorise-payment', {
      compensate: () => compensateWith(voidPayment, { orderId, ...switched('authorise-payment') }),
      action: async () => {
        const payment = await this.payments.call.authorise({ orderId, amount: total, card });
        if (payment === 'pending') await this.confirm(ctx, order, confirmSeconds);
        failIf(fail?.step === 'authorise-payment', 'The authorisation');
      },
    });

    await this.pack(ctx, order, packSeconds);

    await saga.step('capture-payment', {
      compensate: () => compensateWith(refundPayment, { orderId, ...switched('capture-payment') }),
      action: async () => {
        await this.payments.call.capture(orderId);
        failIf(fail?.step === 'capture-payment', 'The capture');
      },
    });
    const shipment = await saga.pivot('ship', {
      compensate: (outcome) => {
        const carrier = outcome.known ? { carrier: outcome.value.carrier } : {};
        return compensateWith(recallParcel, { orderId, ...carrier, ...switched('ship') });
      },
      action: async () => {
        const booked = await this.ship(ctx, order, country);
        failIf(fail?.step === 'ship', 'The shipment');
        return booked;
      },
    });
    // The parcel is on its way: from here on nothing is taken back.
    await saga.step('confirm-stock', {
      irreversible: true,
      action: async () => {
        failIf(fail?.step === 'confirm-stock', 'The confirmation');
        await this.confirmStock(ctx, order);
      },
    });
    return shipment;
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

  private confirmStock(ctx: WorkflowContext, { orderId, lines }: OrderView): Promise<unknown> {
    return all(
      ctx,
      lines.map(({ sku }) => this.stock.of(sku).call.confirm(orderId)),
    );
  }

  /**
   * Waits for the customer, whom the bank asks. The provider's webhook settles the promise, hours later if need be.
   *
   * @throws PaymentDeclinedError when the bank says no, or nobody answers; OrderCancelledError when it is cancelled meanwhile
   */
  private async confirm(ctx: WorkflowContext, order: OrderView, seconds: number): Promise<void> {
    const confirming = { ...order, status: 'confirming' as const };
    await this.record(ctx, confirming);
    await this.decide(ctx, confirming);
    const first = await raceNamed(ctx, {
      confirmed: promise(ctx, Order.confirmation).get(),
      cancelled: promise(ctx, Order.cancellation).get(),
      late: sleep(ctx, { seconds }, 'confirmation'),
    });
    if (first.name === 'cancelled') throw new OrderCancelledError(first.value);
    if (first.name === 'late') throw new PaymentDeclinedError('it was not confirmed in time');
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
    await this.decide(ctx, packing);
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

  private async close(ctx: WorkflowContext, end: OrderView): Promise<OrderView> {
    await this.record(ctx, end);
    await this.decide(ctx, end);
    return end;
  }

  /** Tells those who wait for it how the order stands; once. */
  private async decide(ctx: WorkflowContext, order: OrderView): Promise<void> {
    const decision = promise(ctx, Order.decision);
    if ((await decision.peek()) === undefined) await decision.resolve(order);
  }

  private async record(ctx: WorkflowContext, order: OrderView): Promise<void> {
    state(ctx, Order.current).set(order);
    await this.index.of(OrderIndex.KEY).call.update(order);
  }
}

/** Settles a promise that may be settled already: the first answer is the one that counts. */
async function unlessSettled(settling: Promise<void>): Promise<void> {
  try {
    await settling;
  } catch (error) {
    if (!(error instanceof TerminalError) || error instanceof CancelledError || error.code !== 409) throw error;
  }
}
