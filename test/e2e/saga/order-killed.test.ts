import { afterAll, beforeAll, describe, test } from 'vitest';
import '../../support/seen.js';
import { FragileShop } from './fragile-shop.js';

/** Set by `npm run prove:saga`: after every single entry. Otherwise after some, since each kill costs seconds. */
const STRIDE = process.env['REA_MEASURE'] === undefined ? 13 : 1;

/** More entries than an order has. */
const MOST = 200;

const SKU = 'mug-enamel-blue';

interface Course {
  readonly what: string;
  readonly headers: Record<string, string>;
  readonly outcome: string;
  readonly payments: readonly string[];
  /** Pieces that an order of two takes from the shelf for good. */
  readonly sold: number;
}

const COURSES: readonly Course[] = [
  { what: 'forward', headers: {}, outcome: 'completed', payments: ['authorised', 'captured'], sold: 2 },
  {
    what: 'and during its rollback',
    headers: { 'x-fail-step': 'ship' },
    outcome: 'failed',
    payments: ['authorised', 'captured', 'refunded'],
    sold: 0,
  },
];

describe.concurrent.each(COURSES)(
  'The order saga, killed after an entry, $what',
  ({ headers, outcome, payments, sold, what }) => {
    let shop: FragileShop;
    beforeAll(async () => {
      shop = await FragileShop.open();
    });
    afterAll(() => shop?.close());

    test('has every effect once, and none by halves', { timeout: 900_000 }, async ({ expect, task }) => {
      const counts = { runs: 0, kills: 0, lost: 0, duplicated: 0, 'half-compensated': 0 };
      const wrong: string[] = [];
      for (let entry = 1; entry <= MOST; entry += STRIDE) {
        const id = `killed-after-${entry}`;
        const before = await shop.stock(SKU);
        await shop.arm(entry);
        const { order, died } = await shop.order(id, SKU, headers);
        counts.runs += 1;
        const paid = await shop.payments(id);
        const after = await shop.stock(SKU);
        const expectedStock = { onHand: before.onHand - sold, reserved: before.reserved, sold: before.sold + sold };
        const isDuplicated = new Set(paid).size < paid.length;
        const isHalf = JSON.stringify(after) !== JSON.stringify(expectedStock) || order.stuck !== undefined;
        const isLost = order.outcome !== outcome || payments.some((kind) => !paid.includes(kind));
        if (isDuplicated) counts.duplicated += 1;
        if (isHalf) counts['half-compensated'] += 1;
        if (isLost) counts.lost += 1;
        if (isDuplicated || isHalf || isLost) wrong.push(`${entry}: ${JSON.stringify({ order, paid, before, after })}`);
        if (!died) break;
        counts.kills += 1;
      }
      const tally = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
      task.meta.seen = [`${what}: ${tally.join(', ')}`];
      expect(wrong).toEqual([]);
      expect(counts.kills).toBeGreaterThan(2);
    });
  },
);
