/** A step whose compensation has not run, since the rollback stopped before it. */
export interface NotUndoneStep {
  readonly step: string;
  /** Name of its compensation; null for one that was written inline. */
  readonly compensation: string | null;
  /** What the compensation would have been given; null for one that was written inline. */
  readonly payload: unknown;
}

/** What a saga tells the dead-letter queue: a compensation, or a step after the pivot, whose tries are used up. */
export interface DeadLetterReport {
  /** Unique per saga run and step, and the same on every replay: reporting twice is one entry. */
  readonly id: string;
  readonly saga: string;
  readonly step: string;
  /** `compensation`: it could not be undone. `forward`: it stands after the pivot and could not be done. */
  readonly kind: 'compensation' | 'forward';
  /** Name of the compensation; null for one that was written inline, which cannot be redriven. */
  readonly compensation: string | null;
  /** What it was given, as JSON. */
  readonly payload: unknown;
  /** Of the last try. */
  readonly error: { readonly message: string; readonly code: number };
  readonly attempts: number;
  readonly idempotencyKey: string;
  /** Of the saga. */
  readonly invocationId: string;
  /** Component and handler of the saga, without the application's namespace. */
  readonly service: string;
  readonly handler: string;
  /** The object key or workflow id of the saga; null for services. */
  readonly key: string | null;
  /** Why the saga rolled back. */
  readonly cause: { readonly message: string; readonly code: number };
  /** Steps that were not undone, since the rollback stopped here. In the order in which they have to be undone. */
  readonly notUndone: readonly NotUndoneStep[];
}
