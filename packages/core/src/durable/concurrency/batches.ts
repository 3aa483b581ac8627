import type { Context } from '@restatedev/restate-sdk';
import { checkedCount } from './durable-futures.js';

const DEFAULT_SIZE = 10;

/** Handles one batch. @param index which batch it is, from 0 */
export type BatchFunction<T, R> = (batch: readonly T[], index: number) => PromiseLike<R>;

/**
 * Handles items in batches, one batch after another, and gives the results of the batches in order.
 *
 * @param ctx the handler's context
 * @param items what to handle; empty gives an empty list
 * @param size items per batch, the last one may be smaller. Default 10
 * @param fn usually one call or run for the whole batch
 * @throws what `fn` throws; the batches after it are not started
 * @throws TerminalError (500, `REA7005`) when the size is not a whole number of at least 1
 */
export function batches<T, R>(ctx: Context, items: readonly T[], fn: BatchFunction<T, R>): Promise<R[]>;
export function batches<T, R>(ctx: Context, items: readonly T[], size: number, fn: BatchFunction<T, R>): Promise<R[]>;
export async function batches<T, R>(
  _ctx: Context,
  items: readonly T[],
  ...rest: [BatchFunction<T, R>] | [number, BatchFunction<T, R>]
): Promise<R[]> {
  const [size, fn] = rest.length === 1 ? [DEFAULT_SIZE, rest[0]] : rest;
  checkedCount('The size of batches()', size);
  const results: R[] = [];
  for (let start = 0; start < items.length; start += size) {
    results.push(await fn(items.slice(start, start + size), results.length));
  }
  return results;
}
