// #region controller
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { IdempotencyKey, type IngressObjectClient, type IngressWorkflowClient, InjectIngress } from '@rea/ingress';
import { Cart, type Line } from './cart.object.js';
import { Order } from './order.workflow.js';

@Controller()
export class OrdersController {
  constructor(
    @InjectIngress(Cart) private readonly carts: IngressObjectClient<Cart>,
    @InjectIngress(Order) private readonly orders: IngressWorkflowClient<Order>,
  ) {}

  @Post('carts/:customer/lines')
  add(@Param('customer') customer: string, @Body() line: Line, @IdempotencyKey() idempotencyKey?: string) {
    return this.carts.of(customer).call.add(line, { idempotencyKey }); // the same key twice adds once
  }

  @Post('orders/:id')
  async place(@Param('id') id: string, @Body() body: { amount: number }) {
    const { accepted } = await this.orders.of(id).submit(body.amount);
    return { id, accepted };
  }

  @Get('orders/:id')
  status(@Param('id') id: string) {
    return this.orders.of(id).query.status(); // errors are Nest HTTP exceptions: 400 with fields, 404, 409, 503, 504
  }
}
// #endregion controller
