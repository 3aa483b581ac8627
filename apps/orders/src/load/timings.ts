import type { Placed } from './place-order.js';
import { table } from './table.js';

/** Counts and times by what became of the orders. */
export function timingsTable(placed: readonly Placed[]): string {
  const byResult = Map.groupBy(placed, ({ result }) => result);
  const rows = [...byResult].sort(([, a], [, b]) => b.length - a.length);
  return table([
    ['outcome', 'orders', 'p50', 'p95', 'max'],
    ...rows.map(([result, orders]) => row(result, orders)),
    row('all', placed),
  ]);
}

function row(name: string, orders: readonly Placed[]): string[] {
  const times = orders.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(times[Math.ceil(share * times.length) - 1] ?? 0)} ms`;
  return [name, String(orders.length), at(0.5), at(0.95), at(1)];
}
