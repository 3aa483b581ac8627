import { type Context, type Duration, TerminalError } from '@restatedev/restate-sdk';
import { checkedCount } from '../durable/concurrency/durable-futures.js';
import { checkedMillis } from '../durable/checked-duration.js';
import { asTerminalError, ERROR_METADATA } from '../invocation/error-mapping.js';
import { withCauses } from '../failures/causes.js';

/** Rounds that a loop may take unless told otherwise. Each round's journal entries are replayed on every wake-up. */
export const DEFAULT_LOOP_LIMIT = 10_000;

export interface LoopOptions {
  /** Most rounds. Default 10 000. */
  readonly limit?: number;
}

/**
 * Repeats a body while a condition holds.
 *
 * @param condition given the round, from 0; what it decides on must be deterministic or journaled
 * @throws TerminalError (500, `REA7030`) when the limit is reached; (500, `REA7005`) when it is no whole number of at least 1
 */
export async function loopWhile(
  _ctx: Context,
  condition: (round: number) => boolean | Promise<boolean>,
  body: (round: number) => void | Promise<void>,
  { limit = DEFAULT_LOOP_LIMIT }: LoopOptions = {},
): Promise<void> {
  checkedCount('The limit of loopWhile()', limit);
  for (let round = 0; await condition(round); round += 1) {
    if (round >= limit) throw limitReached(limit);
    await body(round);
  }
}

/**
 * Calls a body for each item, one after another, and gives its results in order.
 *
 * @throws TerminalError (500, `REA7030`) before anything is done, when there are more items than the limit
 * @throws TerminalError (500, `REA7005`) when the limit is no whole number of at least 1
 */
export async function forEach<T, R>(
  _ctx: Context,
  items: readonly T[],
  body: (item: T, index: number) => R | Promise<R>,
  { limit = DEFAULT_LOOP_LIMIT }: LoopOptions = {},
): Promise<R[]> {
  if (items.length > checkedCount('The limit of forEach()', limit)) throw limitReached(limit);
  const results: R[] = [];
  for (const [index, item] of items.entries()) results.push(await body(item, index));
  return results;
}

export interface RetryOptions {
  /** Tries in all, the first included. Default 3. */
  readonly maxAttempts?: number;
  /** Wait before the second try. Default 1 s. */
  readonly initialInterval?: Duration | number;
  /** Longest wait. Default 5 min. */
  readonly maxInterval?: Duration | number;
  /** Growth of the wait. Default 2. */
  readonly factor?: number;
}

/**
 * Tries a piece of handler code several times, with durable waits between. A terminal error (and so a cancellation) is
 * never tried again. For a single side effect, `run` with `retry` is simpler.
 *
 * @param body given the try, from 1; an ordinary error that it throws must not depend on anything but the journal
 * @throws TerminalError what the body threw as terminal; (500, `REA7031`) with the last message when the tries are used up
 * @throws TerminalError (500, `REA7005`) when `maxAttempts` is no whole number of at least 1; (500, `REA7070`) when an
 *   interval is no duration
 */
export async function retry<T>(
  ctx: Context,
  body: (attempt: number) => T | Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { maxAttempts = 3, initialInterval = 1_000, maxInterval = 300_000, factor = 2 } = options;
  checkedCount('maxAttempts of retry()', maxAttempts);
  const initial = checkedMillis('The initial interval of retry()', initialInterval);
  const max = checkedMillis('The longest interval of retry()', maxInterval);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await body(attempt);
    } catch (error) {
      const terminal = asTerminalError(error);
      if (terminal) throw terminal;
      if (attempt >= maxAttempts) throw exhausted(maxAttempts, error);
    }
    await ctx.sleep(Math.min(initial * factor ** (attempt - 1), max));
  }
}

function limitReached(limit: number): TerminalError {
  return new TerminalError(
    `REA7030: A loop has reached its limit of ${limit} rounds. Raise { limit }, or continue in another invocation: long journals are replayed on each wake-up.`,
    { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7030' } },
  );
}

function exhausted(attempts: number, error: unknown): TerminalError {
  const message = withCauses(error);
  return new TerminalError(`REA7031: ${attempts} tries have failed, the last with: ${message}`, {
    errorCode: 500,
    metadata: { [ERROR_METADATA.code]: 'REA7031' },
  });
}
