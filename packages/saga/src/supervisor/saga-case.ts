import type { InvocationError, KilledRollback, SagaInvocation } from './saga-invocation.js';

/** What is remembered of an invocation that the supervisor has found, so that everything is done to it once. */
export interface SagaCase {
  readonly invocation: SagaInvocation;
  /** Set once its death was told. */
  readonly killed?: { readonly at: string; readonly error: InvocationError };
  /** Set once a pause was told: when that began. */
  readonly pausedAt?: string;
  readonly rollback?: KilledRollback;
  /** What the idempotency keys of its compensations are made of: the id under which the saga was first invoked. */
  readonly origin: string;
  /** 1; of a copy that was itself killed, one more than that of what it is a copy of. */
  readonly generation: number;
  /** Copies that somebody else has started before. */
  readonly otherCopies?: readonly string[];
}
