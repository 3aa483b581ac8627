import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { passCancelOn } from '../cancel-hook.js';
import { checked, type Futures, refuseNone } from './durable-futures.js';

/**
 * The result or failure of the durable future that settles first, the same one on every replay. The losers go on in the
 * background.
 *
 * @throws TerminalError (500, `REA7002`) for an empty list, for which nothing could ever happen
 */
export function race<const T extends Futures>(_ctx: Context, futures: T): RestatePromise<Awaited<T[number]>> {
  refuseNone('race', futures.length);
  return passCancelOn(RestatePromise.race(checked('race', futures)), futures);
}
