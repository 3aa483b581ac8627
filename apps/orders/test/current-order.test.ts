import { DeadLetterException, type DeadLetters } from '@rea/saga';
import { describe, expect, test } from 'vitest';
import { currentOrder } from '../src/orders/current-order.js';
import type { OrderView } from '../src/orders/order.schemas.js';

const MINUTE = 60_000;

function order(ago?: number): OrderView {
  return {
    orderId: 'o-1',
    number: 1,
    customer: 'ada',
    status: 'stuck',
    outcome: 'failed',
    lines: [],
    total: 0,
    placedAt: new Date(Date.now() - 40 * MINUTE).toISOString(),
    stuck: ['pay', 'stock'],
    deadLetters: ['d-1', 'd-2'],
    ...(ago === undefined ? {} : { stuckAt: new Date(Date.now() - ago).toISOString() }),
  };
}

/** Dead letters by id; what is not among them is not stored. */
function letters(entries: Readonly<Record<string, object>>): DeadLetters {
  const get = (id: string) =>
    entries[id]
      ? Promise.resolve(entries[id])
      : Promise.reject(new DeadLetterException({ statusCode: 404, code: 'REA8021', message: `REA8021: no ${id}` }));
  return { get } as unknown as DeadLetters;
}

describe('An order that ended with dead letters', () => {
  const closed = { status: 'redriven', step: 'pay', notUndone: [] };
  const open = { status: 'open', step: 'stock', notUndone: [] };

  test.each<[string, number | undefined, Record<string, object>, OrderView['status']]>([
    ['is stuck while they are on their way', 10, {}, 'stuck'],
    ['is stuck while one of them is', 10, { 'd-1': closed }, 'stuck'],
    ['is stuck while one is open', 30 * MINUTE, { 'd-1': closed, 'd-2': open }, 'stuck'],
    ['is closed once they are', 30 * MINUTE, { 'd-1': closed, 'd-2': closed }, 'closed'],
    ['stays closed when they are purged', 30 * MINUTE, {}, 'closed'],
    ['stays closed when one of them is purged', 30 * MINUTE, { 'd-2': closed }, 'closed'],
    ['is stuck while one is open and another one purged', 30 * MINUTE, { 'd-2': open }, 'stuck'],
    ['stays closed when it ended before the time was kept', undefined, {}, 'closed'],
  ])('%s', async (_what, ago, entries, status) => {
    const current = await currentOrder(order(ago), letters(entries));
    expect(current.status).toBe(status);
    expect('stuck' in current).toBe(status === 'stuck');
  });
});
