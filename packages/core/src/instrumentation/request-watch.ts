import type { ReaEventMap } from '../events/rea-event.js';

/** Injection token of the {@link RequestWatch}, for the test application. */
export const REQUEST_WATCH = Symbol('REQUEST_WATCH');

/** A request of an ingress client that waits for its answer. */
export interface WatchedRequest extends Readonly<
  Partial<Pick<ReaEventMap['ingress-called'], 'service' | 'handler' | 'verb'>>
> {
  /** Of the URL: it has the key, or the invocation's id. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What is asked for a result by an idempotency key has it here, as JSON. */
  readonly body?: Uint8Array | string | undefined;
}

/** Is around each request of the ingress clients, and may end the wait for it. */
export type RequestWatch = <T>(request: WatchedRequest, answer: () => Promise<T>) => Promise<T>;
