import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { passCancelOn } from '../cancel-hook.js';
import { checked, type Futures } from './durable-futures.js';

/**
 * Waits for all durable futures and gives their results in order; the first failure is thrown. Never use
 * `Promise.all` on durable futures: polling two at once aborts the attempt.
 *
 * @param ctx the handler's context
 * @param futures calls, runs, sleeps, awakeables, promises; empty gives an empty list
 * @throws TerminalError the first failure; the other futures go on in the background
 */
export function all<const T extends Futures>(
  _ctx: Context,
  futures: T,
): RestatePromise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  return passCancelOn(RestatePromise.all(checked('all', futures)), futures);
}
