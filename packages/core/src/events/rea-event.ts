import type { Plane } from '../decorators/component.options.js';
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

/** How an invocation ended. One that is killed ends without telling: its attempt, if one runs, is `cut`. */
export type InvocationOutcome = Extract<AttemptOutcome, 'completed' | 'failed' | 'cancelled'>;

/** What an event of a handler that runs says about it. */
export interface HandlerInfo extends InvocationInfo {
  /** The handler's declared plane, else the one that its kind is made for. */
  readonly plane: Plane;
}

/** How one try of a run's closure ended. */
export type RunOutcome =
  /** It returned, and its result goes to the journal. */
  | 'done'
  /** A terminal error, which goes to the journal as the run's result. */
  | 'failed'
  /** Any other error: tried again, unless the run has no tries left. */
  | 'retrying'
  /** The attempt had ended meanwhile: what it returned or threw is lost. */
  | 'cut';

/** A state value that a handler has touched through its context or `state()`. */
interface StateInfo extends HandlerInfo {
  readonly name: string;
}

/** What the handlers' own code does. Once per deed: a replay does nothing new, so it tells nothing. */
interface HandlerEventMap {
  /**
   * An invocation runs for the first time. A second time only if its first attempt ended before it had written anything
   * to the journal, and another process takes it up.
   */
  'invocation-started': HandlerInfo;
  /** The end of an invocation, in its last attempt. */
  'invocation-ended': HandlerInfo & { readonly outcome: InvocationOutcome; readonly error?: Error };
  /** As `invocation-started`, of a workflow's run; {@link InvocationInfo.key} is the workflow's id. */
  'workflow-started': HandlerInfo;
  /** As `invocation-ended`, of a workflow's run. */
  'workflow-ended': HandlerInfo & { readonly outcome: InvocationOutcome; readonly error?: Error };
  /**
   * An attempt has failed: the invocation with it, or, if `retryable`, to be tried again. Cancellations, suspensions and
   * lost connections are none.
   */
  error: HandlerInfo & { readonly error: Error; readonly retryable: boolean };
  /**
   * A message that was sent one way has failed for good: nobody gets its error. Known from the server, shortly after the
   * failure; not of workflows, whose result is kept.
   */
  'message-failed': HandlerInfo & { readonly error: { readonly message: string; readonly code: number } };
  /** One try of a run's closure, {@link durationMs} milliseconds long. Runs without a name, as those of `now()`, tell nothing. */
  'run-ended': HandlerInfo & {
    readonly name: string;
    readonly outcome: RunOutcome;
    readonly durationMs: number;
    readonly error?: Error;
  };
  'state-get': StateInfo;
  /** A value was stored, of {@link bytes} bytes. */
  'state-set': StateInfo & { readonly bytes: number };
  /** Without a name: all of it. */
  'state-cleared': Omit<StateInfo, 'name'> & { readonly name?: string };
  /** A durable client was used: what a handler asks of another, or sends it. */
  'client-called': HandlerInfo & {
    readonly verb: 'call' | 'send';
    /** The other component, without the namespace, and its handler. */
    readonly target: { readonly service: string; readonly handler: string };
  };
}

/** How a request of an ingress client ended. */
export type IngressOutcome =
  /** With an answer: a result, or for a message that it was accepted. */
  | 'answered'
  /** The invocation failed, terminally. */
  | 'failed'
  /** The ingress refused it before a handler ran. */
  | 'refused'
  /** No answer in time, or the wait was given up. */
  | 'timeout'
  /** The ingress could not be reached. */
  | 'unavailable';

/** What happens outside handlers, in controllers and jobs. */
interface FrontEventMap {
  /** A request of an ingress client, from asking to the answer. */
  'ingress-called': {
    /** The component that was asked, without the namespace, and its handler: for workflow verbs the run. */
    readonly service: string;
    readonly handler: string;
    readonly verb: 'call' | 'send' | 'result' | 'attach' | 'output' | 'status';
    readonly outcome: IngressOutcome;
    readonly durationMs: number;
    /** Of a call or message to a handler that writes: the idempotency key was given, left out, or waived with `false`. */
    readonly idempotencyKey?: 'given' | 'missing' | 'waived';
    /** The message was known already by its idempotency key or workflow id, and is not run again. */
    readonly duplicate?: true;
  };
  /**
   * An invocation waits for an operator, since its retries are used up. Asked for at intervals by `ObservabilityModule`,
   * for the server tells nobody; once per pause and process.
   */
  'invocation-paused': InvocationInfo & { readonly error: { readonly message: string; readonly code: number } };
}

/** What is wrong with a delivery: no signature, none by a known key, or too long ago. */
export type WebhookRejectionReason = 'unsigned' | 'bad-signature' | 'stale';

/** What an event of a saga says about it. */
export interface SagaInfo extends InvocationInfo {
  readonly saga: string;
}

/** A step's compensation; `compensation` is undefined for one that was written inline. */
interface CompensationInfo extends SagaInfo {
  readonly step: string;
  readonly compensation: string | undefined;
}

/**
 * What sagas publish, once per deed: when the journal has gone past it, so not on replays, nor again in an attempt that
 * does it anew. A process that dies publishes none.
 */
interface SagaEventMap {
  'saga-started': SagaInfo;
  'saga-step-started': SagaInfo & { readonly step: string };
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
export interface ReaEventMap extends HandlerEventMap, FrontEventMap, SagaEventMap, SupervisorEventMap {
  /** An attempt begins. `replaying` is true when the journal already holds entries. */
  'attempt-started': HandlerInfo & { readonly replaying: boolean };
  /** An attempt ended; {@link durationMs} is the wall-clock time of this attempt in milliseconds. */
  'attempt-ended': HandlerInfo & {
    readonly outcome: AttemptOutcome;
    readonly durationMs: number;
    readonly error?: Error;
  };
  /** A guardrail fired: at something new, not at what is done again on a replay. */
  violation: Violation;
  /** A request to the endpoint failed a security check. */
  'security-rejected': SecurityFinding;
  /** A delivery to a signed webhook was refused; {@link scheme} is the provider's, for example `stripe`. */
  'webhook-rejected': { readonly scheme: string; readonly reason: WebhookRejectionReason };
  /** The endpoint's deployment is known to the server. */
  registered: { readonly deploymentId: string; readonly uri: string; readonly changed: boolean };
  /**
   * A dead letter is stored. Published by the process that stores it, once per entry: a second time only if that process
   * dies in the moment between.
   */
  'dead-letter-added': DeadLetterInfo & { readonly error: { readonly message: string; readonly code: number } };
  /** An operator has worked on a dead letter, or its saga has added steps to it. Published as `dead-letter-added` is. */
  'dead-letter-changed': DeadLetterInfo & {
    readonly action: 'extended' | 'redriven' | 'redrive-failed' | 'step-resolved' | 'resolved' | 'discarded' | 'purged';
    /** The operator's name; of `extended` the saga's handler: `Checkout/place`. */
    readonly by: string;
  };
}

export type ReaEventType = keyof ReaEventMap;

/** A published event: its type and its payload. */
export type ReaEvent = { [T in ReaEventType]: { readonly type: T; readonly payload: ReaEventMap[T] } }[ReaEventType];
