import type { EndpointState } from '@rea/core/internal';
import { EndpointClosedException, EndpointNotOpenException, IngressRefusedException } from './ingress.exceptions.js';
import type { IngressRequest } from './ingress-request.js';

/** What needs no handler to run: it is answered from what the Restate server has stored. */
const WAITS_FOR_NO_HANDLER: readonly string[] = ['send', 'output'];

/**
 * Refuses a request that waits for a handler of this application while nothing can run it: it would fail where the
 * components have never been registered, and else wait. Before the endpoint opens messages are refused too: whether
 * Restate takes them would depend on an earlier start. Once it has closed they are kept for the next process.
 *
 * @throws EndpointNotOpenException, EndpointClosedException
 */
export function refuseUnserved(endpoint: EndpointState, { what, asked }: IngressRequest): void {
  const { phase } = endpoint;
  if (!asked || (phase !== 'starting' && phase !== 'closed') || !endpoint.serves(asked.service)) return;
  if (phase === 'starting' && asked.verb !== 'output') throw new EndpointNotOpenException(what);
  if (phase === 'closed' && !WAITS_FOR_NO_HANDLER.includes(asked.verb)) throw new EndpointClosedException(what);
}

/** Whether Restate has refused a request because the component is only about to be registered. */
export function isUnregistered(endpoint: EndpointState, { asked }: IngressRequest, error: unknown): boolean {
  return (
    endpoint.phase === 'registering' &&
    error instanceof IngressRefusedException &&
    error.getStatus() === 404 &&
    asked !== undefined &&
    endpoint.serves(asked.service)
  );
}
