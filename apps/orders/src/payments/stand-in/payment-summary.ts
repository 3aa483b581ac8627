import type { LedgerEntry } from './ledger-entry.schema.js';

/** What happened to money, in all: how often, and how many cents. */
export interface PaymentTotal {
  readonly count: number;
  readonly amount: number;
}

export type PaymentSummary = Readonly<
  Record<Exclude<LedgerEntry['kind'], 'pending' | 'expired' | 'unchanged'>, PaymentTotal>
> & {
  /** Authorised, and neither captured nor voided yet. */
  readonly held: PaymentTotal;
};

/** Adds the stand-in's books up. */
export function summarise(entries: Iterable<LedgerEntry>): PaymentSummary {
  const nothing: PaymentTotal = { count: 0, amount: 0 };
  const totals = { authorised: nothing, declined: nothing, captured: nothing, voided: nothing, refunded: nothing };
  for (const { kind, amount } of entries) {
    if (kind === 'pending' || kind === 'expired' || kind === 'unchanged') continue;
    totals[kind] = { count: totals[kind].count + 1, amount: totals[kind].amount + amount };
  }
  const { authorised, captured, voided } = totals;
  return {
    ...totals,
    held: {
      count: authorised.count - captured.count - voided.count,
      amount: authorised.amount - captured.amount - voided.amount,
    },
  };
}
