import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { passCancelOn } from '../cancel-hook.js';
import { checked, type Futures } from './durable-futures.js';

/** As `all`, but gives the outcome of every future, failures too, and never throws one. */
export function allSettled<const T extends Futures>(
  _ctx: Context,
  futures: T,
): RestatePromise<{ -readonly [P in keyof T]: PromiseSettledResult<Awaited<T[P]>> }> {
  return passCancelOn(RestatePromise.allSettled(checked('allSettled', futures)), futures);
}
