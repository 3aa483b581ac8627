import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { PaymentProvider } from './payment-provider.js';
import { PaymentsCompensations } from './payments.compensations.js';
import { Payments } from './payments.service.js';
import { LedgerController } from './stand-in/ledger.controller.js';
import { LedgerPaymentProvider } from './stand-in/ledger-payment-provider.js';
import { PaymentWebhookSender } from './stand-in/payment-webhook.sender.js';
import { LedgerStore } from './stand-in/ledger.store.js';

@Module({
  imports: [AccessModule],
  providers: [
    Payments,
    PaymentsCompensations,
    LedgerStore,
    LedgerPaymentProvider,
    { provide: PaymentProvider, useExisting: LedgerPaymentProvider },
    PaymentWebhookSender,
  ],
  controllers: [LedgerController],
})
export class PaymentsModule {}
