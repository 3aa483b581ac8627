import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { CatalogModule } from '../catalog/catalog.module.js';
import { OrdersModule } from '../orders/orders.module.js';
import { Cart } from './cart.object.js';
import { CartsController } from './carts.controller.js';

@Module({ imports: [AccessModule, CatalogModule, OrdersModule], providers: [Cart], controllers: [CartsController] })
export class CartsModule {}
