import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { CatalogModule } from '../catalog/catalog.module.js';
import { Order } from './order.workflow.js';
import { OrderIndex } from './order-index.object.js';
import { OrdersController } from './orders.controller.js';
import { PaymentWebhooksController } from './payment-webhooks.controller.js';
import { OrdersService } from './orders.service.js';

@Module({
  imports: [AccessModule, CatalogModule],
  providers: [Order, OrderIndex, OrdersService],
  controllers: [OrdersController, PaymentWebhooksController],
  exports: [OrdersService],
})
export class OrdersModule {}
