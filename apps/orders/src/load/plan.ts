import type { OrderRequest } from '../orders/order.schemas.js';
import type { StockLevel } from '../stock/stock.schemas.js';

/** What an order of the load is meant to become. `scarce` ones compete for the last pieces of one product. */
export type Intent = 'completed' | 'scarce' | 'payment-declined' | 'cancelled' | 'asleep' | 'undeliverable';

/** An order to place. */
export interface Planned {
  readonly intent: Intent;
  readonly request: OrderRequest;
  /** Send the request twice at the same time, as an impatient client does; it must count once. */
  readonly twice: boolean;
}

/** Twenty orders hold this many of each. */
const MIX: readonly (readonly [Intent, number])[] = [
  ['completed', 9],
  ['scarce', 4],
  ['payment-declined', 2],
  ['cancelled', 2],
  ['asleep', 2],
  ['undeliverable', 1],
];

const CYCLE = MIX.flatMap(([intent, count]) => Array.from({ length: count }, () => intent));

/** Long enough to sleep through the load and whoever looks at it afterwards. */
const NAP_SECONDS = 3_600;

/** Makes up orders, the same ones for the same number and stock. */
export function planOrders(count: number, stock: readonly StockLevel[]): Planned[] {
  const plenty = stock.filter(({ available }) => available > 20).map(({ sku }) => sku);
  const scarce = scarcest(stock, CYCLE.filter((intent) => intent === 'scarce').length * (count / CYCLE.length));
  return Array.from({ length: count }, (_, index) => {
    // 7 and 20 have no common divisor: every run of twenty holds the whole mix, stirred.
    const intent = CYCLE[(index * 7) % CYCLE.length]!;
    const lines = Array.from({ length: 1 + (index % 3) }, (_line, offset) => ({
      sku: plenty[(index * 5 + offset * 11) % plenty.length]!,
      quantity: 1 + ((index + offset) % 2),
    }));
    return { intent, twice: index % 10 === 0, request: requestFor(intent, index, lines, scarce) };
  });
}

/** A product that some of the competitors get and the others do not; else the one with the fewest pieces, down to none. */
function scarcest(stock: readonly StockLevel[], competitors: number): string {
  const byAvailable = stock.toSorted((a, b) => a.available - b.available);
  const contested = byAvailable.find(({ available }) => available > 0 && available < competitors);
  return (contested ?? byAvailable[0]!).sku;
}

function requestFor(intent: Intent, index: number, lines: OrderRequest['lines'], scarce: string): OrderRequest {
  const wanted =
    intent === 'scarce' ? [...lines.filter(({ sku }) => sku !== scarce), { sku: scarce, quantity: 1 }] : lines;
  return {
    customer: `load-${index % 25}`,
    card: intent === 'payment-declined' ? 'tok_declined' : 'tok_visa',
    country: intent === 'undeliverable' ? 'AQ' : 'DE',
    confirmSeconds: 0,
    packSeconds: intent === 'cancelled' || intent === 'asleep' ? NAP_SECONDS : 0,
    lines: wanted,
  };
}
