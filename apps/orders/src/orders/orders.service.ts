import { createHash, randomUUID } from 'node:crypto';
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import {
  type IngressObjectClient,
  IngressTimeoutException,
  type IngressWorkflowClient,
  InjectIngress,
} from '@rea/ingress';
import { type Caller, mayActFor } from '../access/caller.js';
import type { Settings } from '../config/settings.js';
import type { PaymentEvent } from '../payments/payment.schemas.js';
import { Order } from './order.workflow.js';
import type { OrderRequest, OrderView } from './order.schemas.js';
import { OrderIndex } from './order-index.object.js';
import type { OrderList, OrderListQuery } from './order-index.schemas.js';

/** The orders, for controllers: the way from HTTP to the workflows. */
@Injectable()
export class OrdersService {
  /** How long an HTTP request waits for an order, in milliseconds. The order goes on without it. */
  private readonly longestWait: number;

  constructor(
    config: ConfigService<Settings, true>,
    @InjectIngress(Order) private readonly orders: IngressWorkflowClient<Order>,
    @InjectIngress(OrderIndex) private readonly index: IngressObjectClient<OrderIndex>,
  ) {
    this.longestWait = config.get('ORDER_WAIT_SECONDS', { infer: true }) * 1000;
  }

  /** A new order id; the same one for the same key of a customer, so that a repeated request finds its order. */
  newId(customer: string, idempotencyKey?: string): string {
    if (idempotencyKey === undefined) return `o-${randomUUID().slice(0, 13)}`;
    const digest = createHash('sha256')
      .update(JSON.stringify([customer, idempotencyKey]))
      .digest('hex');
    return `o-${digest.slice(0, 16)}`;
  }

  /** Starts an order; nothing happens when there is one with this id. */
  async place(orderId: string, request: OrderRequest): Promise<void> {
    await this.orders.of(orderId).submit(request);
  }

  /**
   * Waits for an order as long as an HTTP client likes to wait: to the end, or until it waits for somebody or something
   * that takes longer: the customer's bank, packing.
   * Undefined when not even that has happened.
   */
  async follow(orderId: string): Promise<OrderView | undefined> {
    const order = this.orders.of(orderId);
    try {
      const decided = await order.query.decision(undefined, { timeout: this.longestWait });
      const remaining = decided.packedAt === undefined ? 0 : Date.parse(decided.packedAt) - Date.now();
      // The decision stays what it was; a request that is repeated later wants to know what has become of it.
      if (decided.status === 'closed' || decided.status === 'confirming' || remaining > this.longestWait)
        return (await order.query.status()) ?? decided;
      return await order.attach({ timeout: this.longestWait });
    } catch (error) {
      if (!(error instanceof IngressTimeoutException)) throw error;
      return (await order.query.status()) ?? undefined;
    }
  }

  /** @throws NotFoundException when there is no such order, or it is not the caller's to see */
  async find(orderId: string, caller: Caller): Promise<OrderView> {
    const order = await this.orders.of(orderId).query.status();
    if (!order || !mayActFor(caller, order.customer)) throw new NotFoundException(`There is no order ${orderId}.`);
    return order;
  }

  /** The provider tells how a payment went; telling it again changes nothing. @throws HttpException with status 404 when there is no such order */
  async paymentAnswered(event: PaymentEvent): Promise<void> {
    const { signal } = this.orders.of(event.orderId);
    if (event.type === 'payment.authorised') await signal.paymentAuthorised();
    else await signal.paymentDeclined(event.reason);
  }

  list(query: OrderListQuery): Promise<OrderList> {
    return this.index.of(OrderIndex.KEY).call.latest(query);
  }

  /**
   * Cancels an order and waits until everything is taken back.
   *
   * @throws HttpException with status 404 when there is no such order of the caller's, 409 when it is too late
   */
  async cancel(orderId: string, reason: string, caller: Caller): Promise<OrderView> {
    await this.find(orderId, caller);
    const order = this.orders.of(orderId);
    await order.signal.cancel(reason);
    const closed = await order.attach({ timeout: this.longestWait });
    // The signal and the end of packing may meet; the workflow decides which came first.
    if (closed.outcome !== 'cancelled') throw new ConflictException(`Order ${orderId} is ${closed.outcome} by now.`);
    return closed;
  }
}
