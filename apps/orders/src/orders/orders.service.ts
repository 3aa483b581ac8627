import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  ConflictException,
  HttpException,
  Injectable,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import {
  type IngressObjectClient,
  IngressTimeoutException,
  type IngressWorkflowClient,
  InjectIngress,
} from '@rea/ingress';
import { DeadLetters } from '@rea/saga';
import { type Caller, mayActFor } from '../access/caller.js';
import type { Settings } from '../config/settings.js';
import type { PaymentEvent } from '../payments/payment.schemas.js';
import { currentOrder } from './current-order.js';
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
    private readonly deadLetters: DeadLetters,
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
    const order = await this.followed(orderId);
    return order && currentOrder(order, this.deadLetters);
  }

  private async followed(orderId: string): Promise<OrderView | undefined> {
    const order = this.orders.of(orderId);
    try {
      const decided = await order.query.decision(undefined, { timeout: this.longestWait });
      const remaining = decided.packedAt === undefined ? 0 : Date.parse(decided.packedAt) - Date.now();
      // The decision stays what it was; a request that is repeated later wants to know what has become of it.
      if (decided.outcome !== undefined || decided.status === 'confirming' || remaining > this.longestWait)
        return (await order.query.status()) ?? decided;
      return await order.attach({ timeout: this.longestWait });
    } catch (error) {
      if (!(error instanceof IngressTimeoutException)) throw error;
      return (await order.query.status()) ?? undefined;
    }
  }

  /**
   * Undefined for an order that is accepted, and of which nothing else is known yet: whose it is neither.
   *
   * @throws NotFoundException when there is no such order, or it is not the caller's to see
   */
  async find(orderId: string, caller: Caller): Promise<OrderView | undefined> {
    const order = this.orders.of(orderId);
    let view = await order.query.status();
    if (!view) {
      // Restate knows a workflow from the moment it takes the submission.
      const output = await order.output().catch((error: unknown) => {
        throw error instanceof HttpException && error.getStatus() === 404 ? notFound(orderId) : error;
      });
      // It may have begun, or even ended, between the two questions.
      view = output.ready ? output.result : await order.query.status();
      if (!view) return undefined;
    }
    if (!mayActFor(caller, view.customer)) throw notFound(orderId);
    return currentOrder(view, this.deadLetters);
  }

  /** The provider tells how a payment went; telling it again changes nothing. @throws HttpException with status 404 when there is no such order */
  async paymentAnswered(event: PaymentEvent): Promise<void> {
    const { signal } = this.orders.of(event.orderId);
    if (event.type === 'payment.authorised') await signal.paymentAuthorised();
    else await signal.paymentDeclined(event.reason);
  }

  async list(query: OrderListQuery): Promise<OrderList> {
    const { orders, ...page } = await this.index.of(OrderIndex.KEY).call.latest(query);
    return { orders: await Promise.all(orders.map((order) => currentOrder(order, this.deadLetters))), ...page };
  }

  /**
   * Cancels an order and waits until everything is taken back. Cancelling it again answers the same.
   *
   * @throws HttpException with status 404 when there is no such order of the caller's, 409 when it is too late, 503 when
   *   it has not begun for so long that nobody knows whose it is
   */
  async cancel(orderId: string, reason: string, caller: Caller): Promise<OrderView> {
    await this.findBegun(orderId, caller);
    const order = this.orders.of(orderId);
    await order.signal.cancel(reason);
    const closed = await order.attach({ timeout: this.longestWait });
    // The signal and the end of packing may meet; the workflow decides which came first.
    if (closed.outcome !== 'cancelled') throw new ConflictException(`Order ${orderId} is ${closed.outcome} by now.`);
    return currentOrder(closed, this.deadLetters);
  }

  /** As {@link find}; waits for an order that is only accepted. */
  private async findBegun(orderId: string, caller: Caller): Promise<OrderView> {
    const end = Date.now() + this.longestWait;
    for (let pause = 10; ; pause = Math.min(pause * 2, 500)) {
      const order = await this.find(orderId, caller);
      if (order) return order;
      if (Date.now() >= end) throw new ServiceUnavailableException(`Order ${orderId} has not begun yet. Try again.`);
      await wait(pause);
    }
  }
}

function notFound(orderId: string): NotFoundException {
  return new NotFoundException(`There is no order ${orderId}.`);
}
