import { Handler, Shared, state, stateKey, VirtualObject } from '@rea/core';
import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { NewOrder, OrderView } from './order.schemas.js';
import { OrderList, OrderListQuery } from './order-index.schemas.js';

/** Orders on one page of the index. */
const PAGE_SIZE = 25;

const page = (number: number) =>
  stateKey<OrderView[]>(`page/${number}`, { schema: z.array(OrderView), default: () => [] });

/**
 * The list of all orders, in the order they were placed, and their numbers. There is one; its key is {@link OrderIndex.KEY}.
 *
 * Its state grows without end, so it is cut into pages, and lazy: a handler loads the page or two that it touches, and a
 * million orders make it no slower. One handler writes at a time: that is good for some hundred orders a second. A shop
 * with more would have an index per day or per country.
 */
@VirtualObject({ enableLazyState: true })
export class OrderIndex {
  static readonly KEY = 'all';
  static readonly count = stateKey<number>('count', { schema: z.int().nonnegative(), default: () => 0 });

  /** Puts an order at the end of the list; gives its number. */
  @Handler({ input: NewOrder, output: z.int() })
  async add(ctx: ObjectContext, order: NewOrder): Promise<number> {
    const number = await state(ctx, OrderIndex.count).get();
    await state(ctx, page(pageOf(number))).update((orders) => [...orders, { ...order, number }]);
    state(ctx, OrderIndex.count).set(number + 1);
    return number;
  }

  /** Replaces what the list says about an order. */
  @Handler({ input: OrderView })
  async update(ctx: ObjectContext, order: OrderView): Promise<void> {
    await state(ctx, page(pageOf(order.number))).update((orders) => orders.with(order.number % PAGE_SIZE, order));
  }

  @Shared({ input: OrderListQuery, output: OrderList })
  async latest(ctx: ObjectSharedContext, { limit, before = Infinity }: OrderListQuery): Promise<OrderList> {
    const end = Math.min(before, await state(ctx, OrderIndex.count).get());
    const start = Math.max(0, end - limit);
    const orders: OrderView[] = [];
    for (let number = pageOf(start); number * PAGE_SIZE < end; number += 1) {
      orders.push(...(await state(ctx, page(number)).get()));
    }
    const wanted = orders.filter(({ number }) => number >= start && number < end).toReversed();
    return { orders: wanted, ...(start > 0 ? { before: start } : {}) };
  }
}

function pageOf(number: number): number {
  return Math.floor(number / PAGE_SIZE);
}
