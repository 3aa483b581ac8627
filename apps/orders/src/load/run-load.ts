import { randomUUID } from 'node:crypto';
import type { Arguments } from './arguments.js';
import { checksTable } from './checks-table.js';
import { inParallel } from './in-parallel.js';
import { placeOrder } from './place-order.js';
import { planOrders } from './plan.js';
import { ProgressBar } from './progress-bar.js';
import { reconcile } from './reconcile.js';
import { ShopClient } from './shop.client.js';
import { takeSnapshot } from './snapshot.js';
import { timingsTable } from './timings.js';

/**
 * Places the orders and reports; true when the books agree.
 *
 * @param key of an operator
 */
export async function runLoad(
  url: string,
  key: string,
  { orders: count, concurrency }: Arguments,
  output: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<boolean> {
  const say = (text: string) => output.write(`${text}\n`);
  const shop = new ShopClient(url, key, signal);
  const before = await takeSnapshot(shop);
  const planned = planOrders(count, before.stock);
  const runId = randomUUID();

  say(`Placing ${count} orders, ${concurrency} at a time ...`);
  const bar = new ProgressBar(count, output);
  const started = performance.now();
  const placed = await inParallel([...planned.entries()], concurrency, async ([index, order]) => {
    const result = await placeOrder(shop, order, `${runId}/${index}`);
    bar.advance();
    return result;
  });
  const seconds = (performance.now() - started) / 1000;

  const ids = placed.map(({ orderId }) => orderId);
  const entries = await inParallel(ids, 10, async (id) => [id, await shop.paymentsOf(id)] as const);
  const checks = reconcile({ placed, before, after: await takeSnapshot(shop), payments: new Map(entries) });
  const differences = checks.filter(({ expected, actual }) => expected !== actual).length;

  say(`\n${timingsTable(placed)}`);
  say(`\n  ${seconds.toFixed(1)} s in all, ${(count / seconds).toFixed(1)} orders a second\n`);
  say(checksTable(checks));
  say(
    differences === 0
      ? '\nThe books agree: every piece and every cent is accounted for.'
      : `\nThe books DO NOT agree: ${differences} of ${checks.length} sums differ.`,
  );
  const asleep = placed.filter(({ result }) => result === 'asleep').length;
  if (asleep > 0) say(`${asleep} orders are asleep and hold their stock and their money.`);
  return differences === 0;
}
