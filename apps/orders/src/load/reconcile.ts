import type { OrderView } from '../orders/order.schemas.js';
import type { LedgerEntry } from '../payments/stand-in/ledger-entry.schema.js';
import type { Placed } from './place-order.js';
import type { Snapshot } from './snapshot.js';

/** Something that has to be equal. */
export interface Check {
  readonly what: string;
  readonly expected: number;
  readonly actual: number;
  /** Money is shown in whole currency. */
  readonly unit: 'cents' | 'pieces' | 'orders' | 'products';
}

/** What the load did, and the shop's books before and after. */
export interface Evidence {
  readonly placed: readonly Placed[];
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** The provider's entries, by order id. */
  readonly payments: ReadonlyMap<string, readonly LedgerEntry[]>;
}

/** Compares what orders say should have happened with what stock and the payment provider say did. */
export function reconcile(evidence: Evidence): Check[] {
  return [...orderChecks(evidence), ...stockChecks(evidence), ...moneyChecks(evidence)];
}

function orderChecks({ placed, after }: Evidence): Check[] {
  const listed = Map.groupBy(after.orders, ({ orderId }) => orderId);
  const inList = ({ orderId }: Placed) => listed.get(orderId) ?? [];
  const expected = placed.length;
  const check = (what: string, holds: (order: Placed) => boolean): Check => ({
    what,
    expected,
    actual: placed.filter(holds).length,
    unit: 'orders',
  });
  return [
    check('in the list of orders exactly once', (order) => inList(order).length === 1),
    check('listed with the outcome that was answered', (order) => stateOf(inList(order)[0]) === order.result),
    check('one order for a request, also when sent twice', ({ ids }) => ids.size === 1),
    { what: 'different orders', expected, actual: new Set(placed.map(({ orderId }) => orderId)).size, unit: 'orders' },
  ];
}

function stockChecks({ before, after }: Evidence): Check[] {
  const expected = {
    sold: changeOf(before.orders, after.orders, piecesWhere('completed')),
    reserved: changeOf(before.orders, after.orders, piecesWhere('asleep')),
  };
  const actual = {
    sold: new Map<string, number>(),
    reserved: new Map<string, number>(),
    gone: new Map<string, number>(),
  };
  for (const level of after.stock) {
    const was = before.stock.find(({ sku }) => sku === level.sku);
    actual.sold.set(level.sku, level.sold - (was?.sold ?? 0));
    actual.reserved.set(level.sku, level.reserved - (was?.reserved ?? 0));
    actual.gone.set(level.sku, (was?.onHand ?? 0) - level.onHand);
  }
  return [
    { what: 'pieces sold', expected: sum(expected.sold), actual: sum(actual.sold), unit: 'pieces' },
    { what: 'pieces gone from the shelves', expected: sum(expected.sold), actual: sum(actual.gone), unit: 'pieces' },
    { what: 'pieces reserved', expected: sum(expected.reserved), actual: sum(actual.reserved), unit: 'pieces' },
    {
      what: 'products where sold and reserved agree',
      expected: after.stock.length,
      actual: after.stock.filter(
        ({ sku }) =>
          (expected.sold.get(sku) ?? 0) === actual.sold.get(sku) &&
          actual.gone.get(sku) === actual.sold.get(sku) &&
          (expected.reserved.get(sku) ?? 0) === actual.reserved.get(sku),
      ).length,
      unit: 'products',
    },
  ];
}

function moneyChecks({ placed, before, after, payments }: Evidence): Check[] {
  const total = (...states: string[]) =>
    sum(
      changeOf(before.orders, after.orders, (order) => (states.includes(stateOf(order)) ? [['all', order.total]] : [])),
    );
  const moved = (kind: keyof Snapshot['payments']) => after.payments[kind].amount - before.payments[kind].amount;
  return [
    money('captured: completed and undeliverable orders', total('completed', 'undeliverable'), moved('captured')),
    money('refunded: undeliverable orders', total('undeliverable'), moved('refunded')),
    money('held: sleeping orders', total('asleep'), moved('held')),
    money('voided: cancelled orders', total('cancelled'), moved('voided')),
    money('declined: orders refused by the bank', total('payment-declined'), moved('declined')),
    {
      what: 'paid once, refused once, or given back once',
      expected: placed.length,
      actual: placed.filter((order) => isPaidOnce(order, payments.get(order.orderId) ?? [])).length,
      unit: 'orders',
    },
  ];
}

function money(what: string, expected: number, actual: number): Check {
  return { what, expected, actual, unit: 'cents' };
}

/** What the provider has to have been asked for, and answered, for each result of an order. */
const PAYMENTS: Readonly<Record<string, string>> = {
  completed: 'authorised captured',
  'out-of-stock': '',
  'payment-declined': 'declined',
  cancelled: 'authorised voided',
  asleep: 'authorised',
  undeliverable: 'authorised captured refunded',
};

function isPaidOnce({ result }: Placed, entries: readonly LedgerEntry[]): boolean {
  const amounts = new Set(entries.filter(({ kind }) => kind !== 'unchanged').map(({ amount }) => amount));
  const kinds = entries.map(({ kind }) => kind).filter((kind) => kind !== 'unchanged');
  return kinds.join(' ') === PAYMENTS[result] && amounts.size <= 1;
}

/** The outcome of an order; `asleep` while it is being packed. */
function stateOf(order: OrderView | undefined): string {
  return order?.outcome ?? (order?.status === 'packing' ? 'asleep' : (order?.status ?? 'missing'));
}

type Amounts = (order: OrderView) => (readonly [string, number])[];

function piecesWhere(state: string): Amounts {
  return (order) => (stateOf(order) === state ? order.lines.map(({ sku, quantity }) => [sku, quantity] as const) : []);
}

/** By how much a sum over all orders has grown. Orders of others count too, and those that woke up meanwhile. */
function changeOf(before: readonly OrderView[], after: readonly OrderView[], amounts: Amounts): Map<string, number> {
  const change = new Map<string, number>();
  const add = (orders: readonly OrderView[], sign: 1 | -1) => {
    for (const [key, amount] of orders.flatMap(amounts)) change.set(key, (change.get(key) ?? 0) + sign * amount);
  };
  add(after, 1);
  add(before, -1);
  return change;
}

function sum(amounts: ReadonlyMap<string, number>): number {
  return [...amounts.values()].reduce((total, amount) => total + amount, 0);
}
