import { type Context, RestatePromise, type TerminalError } from '@restatedev/restate-sdk';
import { passCancelOn } from '../cancel-hook.js';
import { checked, type Futures } from './durable-futures.js';

/** One result of {@link asCompleted}: a value, or a failure. */
export type Completed<T> =
  | { readonly index: number; readonly value: T; readonly failure?: undefined }
  | { readonly index: number; readonly value?: undefined; readonly failure: TerminalError };

/**
 * Gives the result of each durable future as soon as it is there, in the order of completion, which is the same on every
 * replay. Failures are given, not thrown. Leaving the loop early is fine; the rest goes on in the background.
 *
 * @example
 * ```ts
 * for await (const { index, value, failure } of asCompleted(ctx, quotes)) {
 *   if (!failure) state(ctx, best).set(value);
 * }
 * ```
 *
 * @param ctx the handler's context
 * @param futures calls, runs, sleeps, awakeables, promises; empty gives nothing
 * @throws CancelledError from the loop when the invocation is cancelled
 */
export function asCompleted<const T extends Futures>(
  _ctx: Context,
  futures: T,
): AsyncGenerator<Completed<Awaited<T[number]>>, void, undefined> {
  return complete(checked('asCompleted', futures) as readonly RestatePromise<Awaited<T[number]>>[]);
}

async function* complete<T>(futures: readonly RestatePromise<T>[]): AsyncGenerator<Completed<T>, void, undefined> {
  const pending = new Map(
    futures.map((future, index) => [
      index,
      future.map((value, failure): Completed<T> => (failure ? { index, failure } : { index, value: value as T })),
    ]),
  );
  while (pending.size > 0) {
    const left = [...pending.keys()].map((index) => futures[index]!);
    const completed = await passCancelOn(RestatePromise.race([...pending.values()]), left);
    pending.delete(completed.index);
    yield completed;
  }
}
