import type { CompensationRetry, SagaRunOptions } from './saga-run.options.js';
import type { SagaReport } from './saga-report.js';
import type { Step } from './step.types.js';

/** Options of a single step. */
export interface StepOptions {
  /** How its compensation is retried; after the pivot, how its action is. Default: the saga's. */
  readonly retry?: CompensationRetry;
}

/**
 * A saga while its block runs. Steps are registered before they start, so that whatever happens after, from a terminal
 * error to the death of the process, their compensations are known again when the journal is replayed.
 */
export interface Saga {
  /**
   * Runs an action whose compensation is registered first.
   *
   * After the {@link pivot} it is retried until it is done, and cancellation waits for the end of the saga.
   *
   * @param name unique in the saga; dead letters, reports and idempotency keys carry it, so keep it stable
   * @returns what the action gave
   * @throws what the action threw; CancelledError when the invocation was cancelled, before the action starts or after it
   */
  step<R>(name: string, step: Step<R> & StepOptions): Promise<R>;

  /**
   * Runs several steps at once; each may await several things. All are registered before the first starts, all have ended
   * before anything is decided, and they are undone together.
   *
   * @returns what the actions gave, by name
   * @throws what the action threw that failed first
   */
  parallel<T extends Readonly<Record<string, unknown>>>(steps: {
    readonly [K in keyof T]: Step<T[K]> & StepOptions;
  }): Promise<T>;

  /**
   * Runs the step after which there is no way back. Until it is done, it is a step as any other. Once it is done, nothing
   * is undone any more: later steps are retried forward with the compensations' policy, cancellation and deadline are
   * ignored, and a step whose tries are used up becomes a dead letter and a terminal error.
   */
  pivot<R>(name: string, step: Step<R> & StepOptions): Promise<R>;

  /**
   * Runs a saga within this one. When its block fails, it undoes its own steps and throws. When it has succeeded and this
   * saga fails later, its steps are undone at its place in the order.
   *
   * @param options default: those of this saga; a deadline is the outermost saga's
   */
  nested<T>(
    name: string,
    block: (saga: Saga) => PromiseLike<T>,
    options?: Pick<SagaRunOptions, 'strategy' | 'retry'>,
  ): Promise<T>;

  /** How it stands. */
  readonly report: SagaReport;
}
