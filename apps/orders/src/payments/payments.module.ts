import { Module } from '@nestjs/common';
import { PaymentProvider } from './payment-provider.js';
import { PaymentsCompensations } from './payments.compensations.js';
import { Payments } from './payments.service.js';
import { LedgerController } from './stand-in/ledger.controller.js';
import { LedgerPaymentProvider } from './stand-in/ledger-payment-provider.js';
import { LedgerStore } from './stand-in/ledger.store.js';

@Module({
  providers: [
    Payments,
    PaymentsCompensations,
    LedgerStore,
    { provide: PaymentProvider, useClass: LedgerPaymentProvider },
  ],
  controllers: [LedgerController],
})
export class PaymentsModule {}
