import { Controller, Get, Param } from '@nestjs/common';
import type { LedgerEntry } from './ledger-entry.schema.js';
import { LedgerStore } from './ledger.store.js';
import { type PaymentSummary, summarise } from './payment-summary.js';

/** A look into the stand-in's books: in real life, the provider's dashboard. */
@Controller('payments')
export class LedgerController {
  constructor(private readonly ledger: LedgerStore) {}

  @Get('summary')
  summary(): PaymentSummary {
    return summarise(this.ledger.all());
  }

  @Get(':orderId')
  ofOrder(@Param('orderId') orderId: string): readonly LedgerEntry[] {
    return this.ledger.ofOrder(orderId);
  }
}
