import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { OrdersModule } from '../orders/orders.module.js';
import { Cart } from './cart.object.js';
import { CartsController } from './carts.controller.js';

@Module({ imports: [CatalogModule, OrdersModule], providers: [Cart], controllers: [CartsController] })
export class CartsModule {}
