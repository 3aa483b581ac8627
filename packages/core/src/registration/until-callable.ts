import { setTimeout as wait } from 'node:timers/promises';
import { exchange } from '../connection/http-exchange.js';
import type { RestateConnection } from '../connection/restate-connection.js';

/** How long an ingress is asked at most, in milliseconds. */
const LONGEST = 2_000;
const PAUSE = 10;

/** What no handler can be called, so that nothing is invoked. */
const NO_HANDLER = '_';

/**
 * Waits until the ingress knows the components that were just registered. The admin API may answer before that, and the
 * first requests would be told "service not found". An ingress that cannot be asked is not waited for.
 *
 * @param components as the server names them
 */
export async function untilCallable(
  connection: Pick<RestateConnection, 'ingressUrl' | 'headers'>,
  components: readonly { readonly name: string }[],
): Promise<void> {
  await Promise.all(components.map(({ name }) => untilKnown(connection, name)));
}

async function untilKnown(
  { ingressUrl, headers }: Parameters<typeof untilCallable>[0],
  component: string,
): Promise<void> {
  const signal = AbortSignal.timeout(LONGEST);
  try {
    for (;;) {
      const answer = await exchange(`${ingressUrl}/${component}/${NO_HANDLER}`, { method: 'POST', headers, signal });
      if (answer.status !== 404 || !answer.body.includes(`service '${component}' not found`)) return;
      await wait(PAUSE, undefined, { signal });
    }
  } catch {
    // It is out of reach, or of another mind, and its callers will be told.
  }
}
