import { Body, Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { OperatorsOnly } from '../../access/operators-only.guard.js';
import type { PaymentEvent } from '../payment.schemas.js';
import type { LedgerEntry } from './ledger-entry.schema.js';
import { LedgerPaymentProvider } from './ledger-payment-provider.js';
import { LedgerStore } from './ledger.store.js';
import { type PaymentSummary, summarise } from './payment-summary.js';
import { PaymentWebhookSender } from './payment-webhook.sender.js';

/** What the customer says in the app of their bank. */
const Confirmation = z.object({ accepted: z.boolean().default(true) }).prefault({});
type Confirmation = z.infer<typeof Confirmation>;

/** A look into the stand-in's books, and a hand on it: in real life, the provider's dashboard and the bank's app. */
@Controller('payments')
@UseGuards(OperatorsOnly)
export class LedgerController {
  constructor(
    private readonly ledger: LedgerStore,
    private readonly provider: LedgerPaymentProvider,
    private readonly webhooks: PaymentWebhookSender,
  ) {}

  @Get('summary')
  summary(): PaymentSummary {
    return summarise(this.ledger.all());
  }

  @Get(':orderId')
  ofOrder(@Param('orderId') orderId: string): readonly LedgerEntry[] {
    return this.ledger.ofOrder(orderId);
  }

  /** Plays the customer whose bank asks, and has the provider tell the shop. */
  @Post(':orderId/confirm')
  @HttpCode(200)
  async confirm(
    @Param('orderId') orderId: string,
    @Body({ schema: Confirmation }) { accepted }: Confirmation,
  ): Promise<PaymentEvent> {
    const event = await this.provider.confirm(orderId, accepted);
    await this.webhooks.send(event);
    return event;
  }
}
