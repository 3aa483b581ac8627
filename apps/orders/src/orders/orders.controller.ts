import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Catalog } from '../catalog/catalog.service.js';
import { IdempotencyKey } from '../common/idempotency-key.decorator.js';
import { FailureHeaders, type FailureSwitch } from '../common/failure-switch.js';
import { answerOrder } from './answer-order.js';
import { CancelOrder } from './cancel-order.schema.js';
import { type OrderResponse, orderResponse } from './order.response.js';
import { PlaceOrder } from './order.schemas.js';
import { type OrderList, OrderListQuery } from './order-index.schemas.js';
import { OrdersService } from './orders.service.js';

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly catalog: Catalog,
  ) {}

  /** Places an order in one request, without a cart. Safe to repeat with an order id or an `Idempotency-Key`. */
  @Post()
  async place(
    @Body({ schema: PlaceOrder }) { orderId: givenId, ...request }: PlaceOrder,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @FailureHeaders() fail: FailureSwitch | undefined,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<OrderResponse> {
    this.catalog.check(request.lines);
    const orderId = givenId ?? this.orders.newId(request.customer, idempotencyKey);
    await this.orders.place(orderId, { ...request, ...(fail ? { fail } : {}) });
    return answerOrder(response, orderId, await this.orders.follow(orderId));
  }

  @Get()
  list(@Query({ schema: OrderListQuery }) query: OrderListQuery): Promise<OrderList> {
    return this.orders.list(query);
  }

  @Get(':id')
  async find(@Param('id') id: string): Promise<OrderResponse> {
    return orderResponse(id, await this.orders.find(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  async cancel(
    @Param('id') id: string,
    @Body({ schema: CancelOrder }) { reason }: CancelOrder,
  ): Promise<OrderResponse> {
    return orderResponse(id, await this.orders.cancel(id, reason));
  }
}
