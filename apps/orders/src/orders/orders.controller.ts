import {
  Body,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import { IdempotencyKey } from '@rea/ingress';
import type { ServerResponse } from 'node:http';
import { type Caller, mayActFor } from '../access/caller.js';
import { CallersOnly } from '../access/callers-only.guard.js';
import { CurrentCaller } from '../access/current-caller.decorator.js';
import { OperatorsOnly } from '../access/operators-only.guard.js';
import { Catalog } from '../catalog/catalog.service.js';
import { FailureHeaders, type FailureSwitch } from '../common/failure-switch.js';
import { answerOrder } from './answer-order.js';
import { CancelOrder } from './cancel-order.schema.js';
import { type OrderResponse, orderResponse } from './order.response.js';
import { PlaceOrder } from './order.schemas.js';
import { type OrderList, OrderListQuery } from './order-index.schemas.js';
import { OrdersService } from './orders.service.js';

@Controller('orders')
@UseGuards(CallersOnly)
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
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<OrderResponse> {
    if (!mayActFor(caller, request.customer)) throw new ForbiddenException('Order for yourself.');
    this.catalog.check(request.lines);
    const orderId = givenId ?? this.orders.newId(request.customer, idempotencyKey);
    await this.orders.place(orderId, { ...request, ...(fail ? { fail } : {}) });
    const order = await this.orders.follow(orderId);
    // An id that somebody else picked before: their order is none of the caller's business.
    if (order && order.customer !== request.customer) throw new ConflictException(`The order id ${orderId} is taken.`);
    return answerOrder(response, orderId, order);
  }

  @Get()
  @UseGuards(OperatorsOnly)
  list(@Query({ schema: OrderListQuery }) query: OrderListQuery): Promise<OrderList> {
    return this.orders.list(query);
  }

  /** 202 while it is only accepted: there is nothing to show yet but that. */
  @Get(':id')
  async find(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<OrderResponse> {
    const order = await this.orders.find(id, caller);
    if (!order) response.statusCode = HttpStatus.ACCEPTED;
    return orderResponse(id, order);
  }

  /** Safe to repeat: what is cancelled already is answered as it was the first time. */
  @Post(':id/cancel')
  @HttpCode(200)
  async cancel(
    @Param('id') id: string,
    @Body({ schema: CancelOrder }) { reason }: CancelOrder,
    @CurrentCaller() caller: Caller,
  ): Promise<OrderResponse> {
    return orderResponse(id, await this.orders.cancel(id, reason, caller));
  }
}
