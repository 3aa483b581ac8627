import { Module } from '@nestjs/common';
import { ReaModule, type ReaModuleOptions } from '@rea/core';
import { IngressModule } from '@rea/ingress';
import { SagaModule } from '@rea/saga';
import { Checkout, Returns } from './shop.js';

type Server = Extract<ReaModuleOptions['server'], { readonly ingressUrl: string }>;

/** The applications of the guide, on one server. */
export function applications(server: Server) {
  const endpoint = { port: 0, host: '127.0.0.1' };

  // #region shop
  @Module({
    imports: [
      ReaModule.forRoot({ name: 'shop', server, endpoint }),
      IngressModule.forRoot(),
      SagaModule.forRoot(), // its dead letters are objects of rea.shop.DeadLetter
    ],
    providers: [Checkout],
  })
  class ShopModule {}
  // #endregion shop

  // #region billing
  @Module({
    imports: [
      ReaModule.forRoot({ name: 'billing', server, endpoint }),
      IngressModule.forRoot(),
      SagaModule.forRoot(), // and these of rea.billing.DeadLetter
    ],
    providers: [Returns],
  })
  class BillingModule {}
  // #endregion billing

  // #region taken
  @Module({
    imports: [ReaModule.forRoot({ name: 'billing', server, endpoint })],
    providers: [Checkout], // REA6030: it is served by the application "shop"
  })
  class RefusedModule {}
  // #endregion taken

  // #region namespace
  @Module({
    imports: [ReaModule.forRoot({ name: 'billing', namespace: 'pull-request-7', server, endpoint })],
    providers: [Checkout], // pull-request-7.Checkout
  })
  class PreviewModule {}
  // #endregion namespace

  return { ShopModule, BillingModule, RefusedModule, PreviewModule };
}

/** What a process may say about the look at its registration. */
export const watched: Pick<ReaModuleOptions, 'registration'> = {
  // #region watch
  registration: { watch: { interval: { seconds: 30 }, registerAgain: true } },
  // #endregion watch
};
