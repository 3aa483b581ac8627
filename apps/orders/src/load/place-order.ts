import { setTimeout as wait } from 'node:timers/promises';
import type { OrderView } from '../orders/order.schemas.js';
import type { Planned } from './plan.js';
import type { ShopClient } from './shop.client.js';

/** What became of a planned order. */
export interface Placed {
  readonly planned: Planned;
  readonly orderId: string;
  /** The order's outcome, or `asleep`. */
  readonly result: string;
  readonly milliseconds: number;
  /** Order ids that the repeated request gave; one, if the shop keeps its word. */
  readonly ids: ReadonlySet<string>;
}

/** Places an order, cancels it when that is the plan, and waits until it is closed or asleep. */
export async function placeOrder(shop: ShopClient, planned: Planned, key: string): Promise<Placed> {
  const started = performance.now();
  const answers = await Promise.all(
    Array.from({ length: planned.twice ? 2 : 1 }, () => shop.place(planned.request, key)),
  );
  const { orderId } = answers[0]!;
  let order = await settled(shop, orderId);
  if (planned.intent === 'cancelled' && order.status === 'packing') {
    await shop.cancel(orderId);
    order = await settled(shop, orderId);
  }
  return {
    planned,
    orderId,
    result: order.outcome ?? 'asleep',
    milliseconds: performance.now() - started,
    ids: new Set(answers.map((answer) => answer.orderId)),
  };
}

/** On a busy machine a request may be answered before the order is through; then it is asked for again. */
async function settled(shop: ShopClient, orderId: string): Promise<OrderView> {
  for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
    const order = await shop.order(orderId);
    if (order.outcome !== undefined || (order.status === 'packing' && napsOn(order))) return order;
    await wait(pause);
  }
}

/** Whether an order that is being packed will be for a while. */
function napsOn({ packedAt }: OrderView): boolean {
  return packedAt !== undefined && Date.parse(packedAt) - Date.now() > 60_000;
}
