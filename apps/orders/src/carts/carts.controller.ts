import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import { IdempotencyKey, type IngressObjectClient, InjectIngress } from '@rea/ingress';
import type { ServerResponse } from 'node:http';
import { OwnCartOnly } from '../access/own-cart-only.guard.js';
import { FailureHeaders, type FailureSwitch } from '../common/failure-switch.js';
import { OrderLine } from '../common/order-line.schema.js';
import { answerOrder } from '../orders/answer-order.js';
import type { OrderResponse } from '../orders/order.response.js';
import { OrdersService } from '../orders/orders.service.js';
import { Cart } from './cart.object.js';
import { type CartView, CheckoutTerms } from './cart.schemas.js';

@Controller('carts/:customer')
@UseGuards(OwnCartOnly)
export class CartsController {
  constructor(
    @InjectIngress(Cart) private readonly carts: IngressObjectClient<Cart>,
    private readonly orders: OrdersService,
  ) {}

  @Get()
  view(@Param('customer') customer: string): Promise<CartView> {
    return this.carts.of(customer).call.view();
  }

  @Post('items')
  addItem(
    @Param('customer') customer: string,
    @Body({ schema: OrderLine }) item: OrderLine,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<CartView> {
    return this.carts.of(customer).call.addItem(item, { idempotencyKey: idempotencyKey ?? false });
  }

  @Delete('items/:sku')
  removeItem(@Param('customer') customer: string, @Param('sku') sku: string): Promise<CartView> {
    return this.carts.of(customer).call.removeItem(sku, { idempotencyKey: false });
  }

  @Delete()
  @HttpCode(204)
  async clear(@Param('customer') customer: string): Promise<void> {
    await this.carts.of(customer).call.clear(undefined, { idempotencyKey: false });
  }

  /** Orders what is in the cart. Repeated with the same `Idempotency-Key`, it answers about the same order. */
  @Post('checkout')
  async checkout(
    @Param('customer') customer: string,
    @Body({ schema: CheckoutTerms }) terms: CheckoutTerms,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @FailureHeaders() fail: FailureSwitch | undefined,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<OrderResponse> {
    const id = this.orders.newId(customer, idempotencyKey);
    const checkout = { orderId: id, ...terms, ...(fail ? { fail } : {}) };
    const orderId = await this.carts.of(customer).call.checkout(checkout, { idempotencyKey: idempotencyKey ?? id });
    return answerOrder(response, orderId, await this.orders.follow(orderId));
  }
}
