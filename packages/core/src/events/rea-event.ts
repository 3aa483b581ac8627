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

/** What a dead-letter event says about the entry. All but {@link id} take few values, so they can be labels. */
export interface DeadLetterInfo {
  readonly id: string;
  readonly saga: string;
  readonly step: string;
  readonly kind: 'compensation' | 'forward';
  /** Name of the compensation; null for one that was written inline. */
  readonly compensation: string | null;
  /** Component of the saga, without the application's namespace. */
  readonly service: string;
}

/**
 * What the supervisor of sagas publishes. By one process, once per find: a second time only if that process dies in the
 * moment between.
 */
interface SupervisorEventMap {
  /** A handler with sagas has died without answering: nothing of it runs any more, no compensation either. */
  'saga-killed': InvocationInfo & {
    readonly error: { readonly message: string; readonly code: number };
    /** Whether it is rolled back now; otherwise somebody has to. */
    readonly rollback: 'started' | 'none';
  };
  /** A handler with sagas waits for an operator, who resumes or cancels it. */
  'saga-paused': InvocationInfo & { readonly error: { readonly message: string; readonly code: number } };
}

/** Everything Rea publishes, by type. */
export interface ReaEventMap extends SagaEventMap, SupervisorEventMap {
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
  /** The endpoint's deployment is known to the server. */
  registered: { readonly deploymentId: string; readonly uri: string; readonly changed: boolean };
  /**
   * A dead letter is stored. Published by the process that stores it, once per entry: a second time only if that process
   * dies in the moment between.
   */
  'dead-letter-added': DeadLetterInfo & { readonly error: { readonly message: string; readonly code: number } };
  /** An operator has worked on a dead letter. Published as `dead-letter-added` is. */
  'dead-letter-changed': DeadLetterInfo & {
    readonly action: 'redriven' | 'redrive-failed' | 'resolved' | 'discarded' | 'purged';
    /** The operator's name. */
    readonly by: string;
  };
}

export type ReaEventType = keyof ReaEventMap;

/** A published event: its type and its payload. */
export type ReaEvent = { [T in ReaEventType]: { readonly type: T; readonly payload: ReaEventMap[T] } }[ReaEventType];
