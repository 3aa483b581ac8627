import { setTimeout as wait } from 'node:timers/promises';
import { ConflictException, Injectable } from '@nestjs/common';
import type { Authorisation } from '../payment.schemas.js';
import { type AuthorisationAnswer, PaymentProvider, type PaymentRequestOptions } from '../payment-provider.js';
import type { LedgerEntry } from './ledger-entry.schema.js';
import { LedgerStore } from './ledger.store.js';

/** About what a request to a provider next door takes, in milliseconds. */
const LATENCY = 5;

/** Above this the stand-in's bank says no, in cents. */
const CARD_LIMIT = 500_000;

/** What a request does to the books. */
type Effect = Pick<LedgerEntry, 'kind' | 'amount' | 'reason'>;

/**
 * A **stand-in** for a payment provider, which is a third party out of this example's reach. It keeps books in a file
 * instead of moving money. In a real shop this class calls the provider's HTTP API, and hands the key on in the header
 * that the provider has for it.
 *
 * It does what such providers promise: a repeated idempotency key gets the first answer again and has no second effect.
 * The card `tok_declined` is declined, and so is any amount above 5,000.00.
 */
@Injectable()
export class LedgerPaymentProvider extends PaymentProvider {
  constructor(private readonly ledger: LedgerStore) {
    super();
  }

  async authorise(
    { orderId, amount, card }: Authorisation,
    options: PaymentRequestOptions,
  ): Promise<AuthorisationAnswer> {
    const { kind, reason = 'refused by the bank' } = await this.answer(orderId, options, () => {
      if (card === 'tok_declined') return { kind: 'declined', amount, reason: 'the card was refused by its bank' };
      if (amount > CARD_LIMIT) return { kind: 'declined', amount, reason: 'the amount is above the limit of the card' };
      return { kind: 'authorised', amount };
    });
    return kind === 'declined' ? { status: 'declined', reason } : { status: 'authorised' };
  }

  async capture(orderId: string, options: PaymentRequestOptions): Promise<void> {
    await this.answer(orderId, options, ({ held }) => {
      if (held === 0) throw new ConflictException(`Nothing is held for order ${orderId}, so nothing can be captured.`);
      return { kind: 'captured', amount: held };
    });
  }

  async void(orderId: string, options: PaymentRequestOptions): Promise<void> {
    await this.answer(orderId, options, ({ held }) => ({ kind: held > 0 ? 'voided' : 'unchanged', amount: held }));
  }

  async refund(orderId: string, options: PaymentRequestOptions): Promise<void> {
    await this.answer(orderId, options, ({ taken }) => ({ kind: taken > 0 ? 'refunded' : 'unchanged', amount: taken }));
  }

  private async answer(
    orderId: string,
    { idempotencyKey, signal }: PaymentRequestOptions,
    effect: (balance: Balance) => Effect,
  ): Promise<LedgerEntry> {
    await wait(LATENCY, undefined, { signal });
    const known = this.ledger.find(idempotencyKey);
    if (known) return known;
    const at = new Date().toISOString();
    const entry: LedgerEntry = { at, idempotencyKey, orderId, ...effect(balanceOf(this.ledger.ofOrder(orderId))) };
    this.ledger.append(entry);
    return entry;
  }
}

/** Where an order's money is, in cents. */
interface Balance {
  readonly held: number;
  readonly taken: number;
}

function balanceOf(entries: readonly LedgerEntry[]): Balance {
  const sum = (kind: LedgerEntry['kind']) =>
    entries.reduce((total, entry) => total + (entry.kind === kind ? entry.amount : 0), 0);
  const [captured, refunded] = [sum('captured'), sum('refunded')];
  return { held: sum('authorised') - captured - sum('voided'), taken: captured - refunded };
}
