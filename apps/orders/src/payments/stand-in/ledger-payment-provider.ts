import { setTimeout as wait } from 'node:timers/promises';
import { ConflictException, Injectable } from '@nestjs/common';
import type { Authorisation, PaymentEvent } from '../payment.schemas.js';
import { type AuthorisationAnswer, PaymentProvider, type PaymentRequestOptions } from '../payment-provider.js';
import type { LedgerEntry } from './ledger-entry.schema.js';
import { LedgerStore } from './ledger.store.js';

/** About what a request to a provider next door takes, in milliseconds. */
const LATENCY = 5;

const REFUSED = 'refused by the bank';

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
 * The card `tok_declined` is declined, and so is any amount above 5,000.00. The bank of `tok_confirm` asks the customer
 * first, who answers by {@link confirm}.
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
    const { kind, reason = REFUSED } = await this.answer(orderId, options, () => {
      if (card === 'tok_declined') return { kind: 'declined', amount, reason: 'the card was refused by its bank' };
      if (amount > CARD_LIMIT) return { kind: 'declined', amount, reason: 'the amount is above the limit of the card' };
      return { kind: card === 'tok_confirm' ? 'pending' : 'authorised', amount };
    });
    if (kind === 'pending') return { status: 'pending' };
    return kind === 'declined' ? { status: 'declined', reason } : { status: 'authorised' };
  }

  async capture(orderId: string, options: PaymentRequestOptions): Promise<void> {
    await this.answer(orderId, options, ({ held }) => {
      if (held === 0) throw new ConflictException(`Nothing is held for order ${orderId}, so nothing can be captured.`);
      return { kind: 'captured', amount: held };
    });
  }

  async void(orderId: string, options: PaymentRequestOptions): Promise<void> {
    await this.answer(orderId, options, ({ held, pending }) => {
      if (pending > 0) return { kind: 'expired', amount: pending };
      return { kind: held > 0 ? 'voided' : 'unchanged', amount: held };
    });
  }

  async refund(orderId: string, options: PaymentRequestOptions): Promise<void> {
    await this.answer(orderId, options, ({ taken }) => ({ kind: taken > 0 ? 'refunded' : 'unchanged', amount: taken }));
  }

  /**
   * What the customer says in the app of their bank; the same answer again when it is repeated.
   *
   * @throws ConflictException when nothing waits for an answer
   */
  async confirm(orderId: string, accepted: boolean): Promise<PaymentEvent> {
    const options = { idempotencyKey: `confirm/${orderId}`, signal: new AbortController().signal };
    const { kind, reason = REFUSED } = await this.answer(orderId, options, ({ pending }) => {
      if (pending === 0) throw new ConflictException(`No payment of order ${orderId} waits to be confirmed.`);
      return accepted
        ? { kind: 'authorised', amount: pending }
        : { kind: 'declined', amount: pending, reason: 'the customer did not confirm it' };
    });
    if (kind === 'authorised') return { type: 'payment.authorised', orderId };
    return { type: 'payment.declined', orderId, reason };
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
  /** Waits for the customer. */
  readonly pending: number;
}

/** What ends the wait for the customer. */
const ANSWERS: readonly LedgerEntry['kind'][] = ['authorised', 'declined', 'expired'];

function balanceOf(entries: readonly LedgerEntry[]): Balance {
  const sum = (kind: LedgerEntry['kind']) =>
    entries.reduce((total, entry) => total + (entry.kind === kind ? entry.amount : 0), 0);
  const [captured, refunded] = [sum('captured'), sum('refunded')];
  const asked = entries.findIndex(({ kind }) => kind === 'pending');
  const isAnswered = entries.slice(asked + 1).some(({ kind }) => ANSWERS.includes(kind));
  return {
    pending: asked < 0 || isAnswered ? 0 : entries[asked]!.amount,
    held: sum('authorised') - captured - sum('voided'),
    taken: captured - refunded,
  };
}
