import type { Violation } from '../policy/policy.types.js';

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

/** What an event of a saga says about it. */
export interface SagaInfo extends InvocationInfo {
  readonly saga: string;
}

/** A step's compensation; `compensation` is undefined for one that was written inline. */
interface CompensationInfo extends SagaInfo {
  readonly step: string;
  readonly compensation: string | undefined;
}

/** What sagas publish. Once per deed, not on replays; none is published twice, but a process that dies publishes none. */
interface SagaEventMap {
  'saga-started': SagaInfo;
  'saga-step-ended': SagaInfo & { readonly step: string; readonly outcome: 'done' | 'failed' };
  /** A step after the pivot has failed; it is tried again while it has tries left. */
  'saga-step-retried': SagaInfo & { readonly step: string; readonly attempt: number; readonly error: string };
  'saga-rolling-back': SagaInfo & { readonly cause: 'error' | 'cancelled' | 'deadline' };
  'compensation-started': CompensationInfo;
  /** One try. */
  'compensation-failed': CompensationInfo & { readonly attempt: number; readonly error: string };
  'compensation-ended': CompensationInfo & { readonly outcome: 'done' | 'dead-lettered'; readonly attempts: number };
  'saga-ended': SagaInfo & { readonly status: 'completed' | 'rolled-back' | 'incomplete' };
}

/** Events of sagas. */
export type SagaEventType = keyof SagaEventMap;

/** Everything Rea publishes, by type. */
export interface ReaEventMap extends SagaEventMap {
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
  /** The endpoint's deployment is known to the server. */
  registered: { readonly deploymentId: string; readonly uri: string; readonly changed: boolean };
}

export type ReaEventType = keyof ReaEventMap;

/** A published event: its type and its payload. */
export type ReaEvent = { [T in ReaEventType]: { readonly type: T; readonly payload: ReaEventMap[T] } }[ReaEventType];
