import { expect, test } from 'vitest';
import type { OrderView } from '../src/orders/order.schemas.js';
import type { Placed } from '../src/load/place-order.js';
import { planOrders } from '../src/load/plan.js';
import { type Evidence, reconcile } from '../src/load/reconcile.js';
import type { Snapshot } from '../src/load/snapshot.js';
import type { LedgerEntry } from '../src/payments/stand-in/ledger-entry.schema.js';
import { summarise } from '../src/payments/stand-in/payment-summary.js';

const shelves = [
  { sku: 'a', onHand: 100, reserved: 0, available: 100, sold: 0 },
  { sku: 'b', onHand: 5, reserved: 0, available: 5, sold: 0 },
];

test('a plan of twenty orders holds every intent, and some are sent twice', () => {
  const plan = planOrders(20, shelves);
  expect(new Set(plan.map(({ intent }) => intent)).size).toBe(6);
  expect(plan.filter(({ twice }) => twice)).toHaveLength(2);
});

test.each([
  ['some of the competitors get', 200, 5, 'b'],
  ['nobody can get', 200, 0, 'b'],
  ['has the fewest pieces, when there is enough of all', 10, 50, 'b'],
])('scarce orders are for a product that %s', (_what, orders, available, sku) => {
  const plan = planOrders(orders, [shelves[0]!, { ...shelves[1]!, available }]);
  const scarce = plan.find(({ intent }) => intent === 'scarce');
  expect(scarce?.request.lines.at(-1)).toEqual({ sku, quantity: 1 });
});

/** One order of two pieces for 20.00, and the books that belong to it. */
function evidence(outcome: 'completed' | 'cancelled', kinds: readonly LedgerEntry['kind'][], sold: number): Evidence {
  const [planned] = planOrders(1, shelves);
  const order: OrderView = {
    orderId: 'o1',
    customer: 'c',
    number: 0,
    status: 'closed',
    outcome,
    lines: [{ sku: 'a', name: 'A', quantity: 2, price: 1000 }],
    total: 2000,
    placedAt: new Date(0).toISOString(),
  };
  const entries = kinds.map((kind, index): LedgerEntry => {
    return { at: '', idempotencyKey: `${index}`, orderId: 'o1', kind, amount: 2000 };
  });
  const before: Snapshot = { orders: [], stock: shelves, payments: summarise([]) };
  const stock = [{ sku: 'a', onHand: 100 - sold, reserved: 0, available: 100 - sold, sold }, shelves[1]!];
  const placed: Placed = { planned: planned!, orderId: 'o1', result: outcome, milliseconds: 1, ids: new Set(['o1']) };
  return {
    placed: [placed],
    before,
    after: { orders: [order], stock, payments: summarise(entries) },
    payments: new Map([['o1', entries]]),
  };
}

function differences(found: Evidence): string[] {
  return reconcile(found)
    .filter(({ expected, actual }) => expected !== actual)
    .map(({ what }) => what);
}

test('books that agree have no difference', () => {
  expect(differences(evidence('completed', ['authorised', 'captured'], 2))).toEqual([]);
  expect(differences(evidence('cancelled', ['authorised', 'voided'], 0))).toEqual([]);
});

test('a payment that was taken twice is found', () => {
  expect(differences(evidence('completed', ['authorised', 'captured', 'authorised', 'captured'], 2))).toEqual([
    'captured: completed and undeliverable orders',
    'paid once, refused once, or given back once',
  ]);
});

test('a piece that is missing is found', () => {
  expect(differences(evidence('completed', ['authorised', 'captured'], 3))).toEqual([
    'pieces sold',
    'pieces gone from the shelves',
    'products where sold and reserved agree',
  ]);
});

test('money of a cancelled order that is still held is found', () => {
  expect(differences(evidence('cancelled', ['authorised'], 0))).toEqual([
    'held: sleeping orders',
    'voided: cancelled orders',
    'paid once, refused once, or given back once',
  ]);
});
