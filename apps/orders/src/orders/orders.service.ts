import { createHash, randomUUID } from 'node:crypto';
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import {
  type IngressObjectClient,
  IngressTimeoutException,
  type IngressWorkflowClient,
  InjectIngress,
} from '@rea/ingress';
import type { Settings } from '../config/settings.js';
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
   * Waits for an order as long as an HTTP client likes to wait: to the end, or until it is packing when that takes longer.
   * Undefined when not even that has happened.
   */
  async follow(orderId: string): Promise<OrderView | undefined> {
    const order = this.orders.of(orderId);
    try {
      const decided = await order.query.decision(undefined, { timeout: this.longestWait });
      const remaining = decided.packedAt === undefined ? 0 : Date.parse(decided.packedAt) - Date.now();
      // The decision stays what it was; a request that is repeated later wants to know what has become of it.
      if (decided.status === 'closed' || remaining > this.longestWait) return (await order.query.status()) ?? decided;
      return await order.attach({ timeout: this.longestWait });
    } catch (error) {
      if (!(error instanceof IngressTimeoutException)) throw error;
      return (await order.query.status()) ?? undefined;
    }
  }

  /** @throws NotFoundException when there is no such order */
  async find(orderId: string): Promise<OrderView> {
    const order = await this.orders.of(orderId).query.status();
    if (!order) throw new NotFoundException(`There is no order ${orderId}.`);
    return order;
  }

  list(query: OrderListQuery): Promise<OrderList> {
    return this.index.of(OrderIndex.KEY).call.latest(query);
  }

  /**
   * Cancels an order and waits until everything is taken back.
   *
   * @throws HttpException with status 404 when there is no such order, 409 when it is too late
   */
  async cancel(orderId: string, reason: string): Promise<OrderView> {
    const order = this.orders.of(orderId);
    await order.signal.cancel(reason);
    const closed = await order.attach({ timeout: this.longestWait });
    // The signal and the end of packing may meet; the workflow decides which came first.
    if (closed.outcome !== 'cancelled') throw new ConflictException(`Order ${orderId} is ${closed.outcome} by now.`);
    return closed;
  }
}
