/** Which invocation: of a handler that has sagas. */
export interface SagaInvocation {
  readonly invocationId: string;
  /** Component and handler, without the application's namespace. */
  readonly service: string;
  readonly handler: string;
  /** The object key or workflow id; null for services. */
  readonly key: string | null;
  readonly kind: 'service' | 'object' | 'workflow';
}

/** Message and status of a failure. */
export interface InvocationError {
  readonly message: string;
  readonly code: number;
}

/** How a killed saga was, or is being, rolled back. */
export interface KilledRollback {
  /** The operator; `supervisor` when it was the policy `onKilled: 'roll-back'`. */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly reason?: string;
  /**
   * `restarted`: a copy has taken over the journal and was cancelled; it rolls back as any saga does, under the id
   * {@link restartedAs}. `from-log`: its named compensations are run from the log in the workflow's state.
   * `nothing-to-undo`: it had not begun to do anything.
   */
  readonly how: 'restarted' | 'from-log' | 'nothing-to-undo';
  /** The copy; undefined until it has started. */
  readonly restartedAs?: string;
  /** Of a rollback from the log, once it has ended. */
  readonly result?: LogRollbackResult;
}

/** What a rollback from the log has done. */
export interface LogRollbackResult {
  /** Names of steps that were undone, in that order. */
  readonly compensated: readonly string[];
  /** Steps that an operator has to see to, with the ids of their dead letters. */
  readonly deadLettered: readonly { readonly step: string; readonly id: string }[];
  /** Names of steps that were not undone, since the rollback stopped before them. */
  readonly notUndone: readonly string[];
}

/** A saga that died without answering: killed by an operator, or by a retry policy with `onMaxAttempts: 'kill'`. */
export interface KilledSaga extends SagaInvocation {
  /** ISO 8601, UTC. */
  readonly killedAt: string;
  /** What its caller was told. It does not say that it was killed when a retry policy did it. */
  readonly error: InvocationError;
  /** Null: its effects stand, and nothing was done about them. */
  readonly rollback: KilledRollback | null;
}

/** A saga whose retries are used up, and which waits. */
export interface PausedSaga extends SagaInvocation {
  /** ISO 8601, UTC. */
  readonly pausedAt: string;
  /** Why its last attempt failed. */
  readonly error: InvocationError;
}
