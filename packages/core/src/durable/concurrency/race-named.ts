import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { passCancelOn } from '../cancel-hook.js';
import { checked, refuseNone } from './durable-futures.js';

/** Which of the named futures came first, and its value: a union that `switch (winner.name)` tells apart. */
export type NamedWinner<T extends Readonly<Record<string, RestatePromise<unknown>>>> = {
  [K in keyof T & string]: { readonly name: K; readonly value: Awaited<T[K]> };
}[keyof T & string];

/**
 * A race whose result says who has won: a payment, a cancellation, a timeout. The same one wins on every replay; the
 * losers go on in the background.
 *
 * @example
 * ```ts
 * const first = await raceNamed(ctx, { paid: promise(ctx, Order.paid).get(), timeout: ctx.sleep({ hours: 1 }) });
 * if (first.name === 'paid') return first.value.receipt;
 * ```
 *
 * @param ctx the handler's context
 * @param futures by name; of two that are there at once, the one that is named first wins
 * @throws TerminalError the failure of the future that settles first; (500, `REA7002`) when there are none
 */
export function raceNamed<T extends Readonly<Record<string, RestatePromise<unknown>>>>(
  _ctx: Context,
  futures: T,
): RestatePromise<NamedWinner<T>> {
  const entries = Object.entries(futures);
  refuseNone('raceNamed', entries.length);
  const unnamed = checked(
    'raceNamed',
    entries.map(([, future]) => future),
  );
  const named = entries.map(([name, future]) =>
    future.map((value, failure) => {
      if (failure) throw failure;
      return { name, value };
    }),
  );
  return passCancelOn(RestatePromise.race(named) as RestatePromise<NamedWinner<T>>, unnamed);
}
