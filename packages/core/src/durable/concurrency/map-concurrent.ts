import type { Context } from '@restatedev/restate-sdk';
import { asTerminalError } from '../../invocation/error-mapping.js';
import { BranchScheduler } from './branch-scheduler.js';
import { checkedCount } from './durable-futures.js';
import { type BranchOutcome, settleBranches } from './settle-branches.js';

/** Handles one item; it may await as many durable things as it likes. */
export type ItemFunction<T, R> = (item: T, index: number) => PromiseLike<R>;

/**
 * Handles items at the same time, at most `limit` of them: as soon as one is done, the next one starts. Results are in
 * the order of the items.
 *
 * @param ctx the handler's context, also for `fn`
 * @param items started in order; empty gives an empty list
 * @param limit how many items are under way at most
 * @throws the first failure in time: no further item is started, and it is thrown once those under way have ended
 * @throws TerminalError (500, `REA7005`) when the limit is not a whole number of at least 1
 */
export async function mapConcurrent<T, R>(
  ctx: Context,
  items: readonly T[],
  limit: number,
  fn: ItemFunction<T, R>,
): Promise<R[]> {
  return window(ctx, 'mapConcurrent', items, limit, fn);
}

/**
 * As {@link mapConcurrent}, but a terminal failure stops nothing: gives the outcome of every item.
 *
 * @throws CancelledError when the cancellation of the invocation ended an item, and likewise a deadline around all of them:
 *   no further one is started
 * @throws an ordinary error, which is retried
 */
export async function mapSettled<T, R>(
  ctx: Context,
  items: readonly T[],
  limit: number,
  fn: ItemFunction<T, R>,
): Promise<BranchOutcome<R>[]> {
  return window(ctx, 'mapSettled', items, limit, async (item, index): Promise<BranchOutcome<R>> => {
    try {
      return { status: 'fulfilled', value: await fn(item, index) };
    } catch (error) {
      const reason = asTerminalError(error);
      if (!reason || BranchScheduler.isInterruption(reason)) throw error;
      return { status: 'rejected', reason };
    }
  });
}

/** A branch for each place in the window, which takes one item after another. */
async function window<T, R>(
  ctx: Context,
  what: string,
  items: readonly T[],
  limit: number,
  fn: ItemFunction<T, R>,
): Promise<R[]> {
  const places = Math.min(checkedCount(`The limit of ${what}()`, limit), items.length);
  const results: R[] = Array.from({ length: items.length });
  let next = 0;
  let failed = false;
  const place = async () => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await fn(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const { firstFailure } = await settleBranches(
    ctx,
    what,
    Array.from({ length: places }, () => place),
  );
  if (firstFailure) throw firstFailure.error;
  return results;
}
