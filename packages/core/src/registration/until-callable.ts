import { setTimeout as wait } from 'node:timers/promises';
import { exchange } from '../connection/http-exchange.js';
import type { RestateConnection } from '../connection/restate-connection.js';

/** How long an ingress is asked at most, in milliseconds. */
const LONGEST = 10_000;
const PAUSE = 10;

/** What no handler can be called, so that nothing is invoked. */
const NO_HANDLER = '_';

/**
 * Waits until the ingress knows the components that were just registered. The admin API may answer before that, and the
 * first requests would be told "service not found". An ingress that cannot be asked is not waited for.
 *
 * @param components as the server names them
 * @param longest how long the ingress is asked at most, in milliseconds; never more than 10 000
 * @returns the names of those that it still does not know
 */
export async function untilCallable(
  connection: Pick<RestateConnection, 'ingressUrl' | 'headers'>,
  components: readonly { readonly name: string }[],
  longest = LONGEST,
): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(Math.min(longest, LONGEST));
  const known = await Promise.all(components.map(({ name }) => becomesKnown(connection, name, signal)));
  return components.map(({ name }) => name).filter((_, index) => !known[index]);
}

async function becomesKnown(
  { ingressUrl, headers }: Parameters<typeof untilCallable>[0],
  component: string,
  signal: AbortSignal,
): Promise<boolean> {
  let known = true;
  try {
    for (;;) {
      const answer = await exchange(`${ingressUrl}/${component}/${NO_HANDLER}`, { method: 'POST', headers, signal });
      known = answer.status !== 404 || !answer.body.includes(`service '${component}' not found`);
      if (known) return true;
      await wait(PAUSE, undefined, { signal });
    }
  } catch {
    // An ingress that is out of reach, or of another mind, tells its callers itself.
    return known;
  }
}
