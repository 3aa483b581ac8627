// #region module
import { Module } from '@nestjs/common';
import { ReaModule } from '@rea/core';
import { IngressModule } from '@rea/ingress';
import { Cart } from './cart.object.js';
import { Order } from './order.workflow.js';
import { OrdersController } from './orders.controller.js';
import { PaymentProvider } from './payment-provider.js';
import { Payments } from './payments.service.js';

@Module({
  imports: [ReaModule.forRoot({ server: 'embedded' }), IngressModule.forRoot()],
  controllers: [OrdersController],
  providers: [Cart, Order, Payments, PaymentProvider],
})
export class AppModule {}
// #endregion module
