import type { Violation } from '../policy/policy.types.js';
import type { SecurityFinding } from '../security/endpoint-security.js';

/** How an attempt of an invocation ended. Only `completed`, `failed` and `cancelled` end the invocation. */
export type AttemptOutcome =
  /** The handler returned. */
  | 'completed'
  /** A terminal error: no further attempt. */
  | 'failed'
  /** The invocation was cancelled and the handler ended with that. */
  | 'cancelled'
  /** Waiting for something durable: the handler goes on in a later attempt. Not a failure. */
  | 'suspended'
  /** A retryable error: the server tries again. */
  | 'retrying'
  /** Killed, or the connection to the server was lost. */
  | 'cut';

/** What an attempt event says about the invocation. */
export interface InvocationInfo {
  readonly invocationId: string;
  /** The component's name, without the application's namespace. */
  readonly service: string;
  readonly handler: string;
  /** The object or workflow key; undefined for services. */
  readonly key: string | undefined;
}

/** What is wrong with a delivery: no signature, none by a known key, or too long ago. */
export type WebhookRejectionReason = 'unsigned' | 'bad-signature' | 'stale';

/** Everything Rea publishes, by type. */
export interface ReaEventMap {
  /** An attempt begins. `replaying` is true when the journal already holds entries. */
  'attempt-started': InvocationInfo & { readonly replaying: boolean };
  /** An attempt ended; {@link durationMs} is the wall-clock time of this attempt in milliseconds. */
  'attempt-ended': InvocationInfo & {
    readonly outcome: AttemptOutcome;
    readonly durationMs: number;
    readonly error?: Error;
  };
  /** A guardrail fired. */
  violation: Violation;
  /** A request to the endpoint failed a security check. */
  'security-rejected': SecurityFinding;
  /** A delivery to a signed webhook was refused; {@link scheme} is the provider's, for example `stripe`. */
  'webhook-rejected': { readonly scheme: string; readonly reason: WebhookRejectionReason };
  /** The endpoint's deployment is known to the server. */
  registered: { readonly deploymentId: string; readonly uri: string; readonly changed: boolean };
}

export type ReaEventType = keyof ReaEventMap;

/** A published event: its type and its payload. */
export type ReaEvent = { [T in ReaEventType]: { readonly type: T; readonly payload: ReaEventMap[T] } }[ReaEventType];
