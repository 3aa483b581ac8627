import type { GenericCall } from '@restatedev/restate-sdk';
import type { Attempt } from '../invocation/attempt.js';

/** Carries the objects whose locks a call's callers hold. Part of the journal: it never changes. */
const HEADER = 'x-rea-chain';

/** Calls deeper than this carry the latest holders only. */
const MOST_HOLDERS = 32;

type Address = Pick<GenericCall<unknown, unknown>, 'service' | 'key'>;

/**
 * Headers of a call, with the chain of locks behind it. They are the same on every replay and in every policy mode:
 * replay compares headers.
 */
export function chainHeaders(
  attempt: Attempt,
  headers: Record<string, string> | undefined,
): { headers?: Record<string, string> } {
  const chain = chainOf(attempt);
  if (chain.length === 0) return headers ? { headers } : {};
  return { headers: { ...headers, [HEADER]: chain.join(',') } };
}

/** An awaited call to an object that is locked by this handler or its callers never ends. */
export function refuseSelfCall(attempt: Attempt, { service, key }: Address, verb: string): void {
  if (key === undefined) return;
  if (chainOf(attempt).includes(holder(service, key))) {
    attempt.report('self-call', `${verb} to ${service}/${key}, whose lock this call chain holds,`);
  }
}

/** The objects whose locks are held while this attempt runs: its callers' and its own. */
function chainOf({ handler, request }: Attempt): string[] {
  const inherited = request.headers.get(HEADER);
  const holders = inherited ? inherited.split(',') : [];
  const { service, key } = request.target;
  if (handler.exclusive && key !== undefined) holders.push(holder(service, key));
  return holders.slice(-MOST_HOLDERS);
}

function holder(service: string, key: string): string {
  return `${service}/${encodeURIComponent(key)}`;
}
