// #region controller
import { Body, Controller, Param, Post } from '@nestjs/common';
import { type IngressServiceClient, InjectIngress } from '@rea/ingress';
import { type Order, Orders } from './orders.service.js';

@Controller('orders')
export class OrdersController {
  constructor(@InjectIngress(Orders) private readonly orders: IngressServiceClient<Orders>) {}

  @Post(':id')
  place(@Param('id') id: string, @Body() order: Order): Promise<string> {
    return this.orders.call.place(order, { idempotencyKey: id }); // the same id is the same order
  }
}
// #endregion controller
