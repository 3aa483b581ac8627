import { Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { IngressExceptionFilter, WebhooksModule } from '@rea/ingress';
import { SagaModule, SagaOperatorsModule } from '@rea/saga';
import { AccessModule } from './access/access.module.js';
import type { IdentifiedRequest } from './access/caller.js';
import { OperatorsOnly } from './access/operators-only.guard.js';
import { CartsModule } from './carts/carts.module.js';
import { CatalogModule } from './catalog/catalog.module.js';
import { ValidationPipe } from './common/validation.pipe.js';
import { OrdersModule } from './orders/orders.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import { ShippingModule } from './shipping/shipping.module.js';
import { StockModule } from './stock/stock.module.js';

/** Everything that makes the shop, without where it runs: {@link AppModule} adds that, and tests add their own. */
@Module({
  imports: [
    // Quick, so that whoever watches a dead letter come about need not wait for half a minute.
    SagaModule.forRoot({ journal: true, retry: { maxAttempts: 4, initialInterval: 200 } }),
    // Dead letters, and sagas that were killed or are paused: /operators/...
    SagaOperatorsModule.register({
      guards: [OperatorsOnly],
      imports: [AccessModule],
      operator: ({ caller }: IdentifiedRequest) => caller!.name,
    }),
    WebhooksModule,
    CatalogModule,
    StockModule,
    PaymentsModule,
    ShippingModule,
    OrdersModule,
    CartsModule,
  ],
  providers: [
    { provide: APP_PIPE, useClass: ValidationPipe },
    { provide: APP_FILTER, useClass: IngressExceptionFilter },
  ],
})
export class ShopModule {}
