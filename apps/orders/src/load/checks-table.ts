import type { Check } from './reconcile.js';
import { table } from './table.js';

/** Expected and actual side by side; what differs is marked. */
export function checksTable(checks: readonly Check[]): string {
  return table([
    ['', 'expected', 'actual', ''],
    ...checks.map(({ what, expected, actual, unit }) => [
      what,
      show(expected, unit),
      show(actual, unit),
      expected === actual ? 'ok' : 'DIFFERS',
    ]),
  ]);
}

function show(amount: number, unit: Check['unit']): string {
  return unit === 'cents' ? (amount / 100).toFixed(2) : String(amount);
}
