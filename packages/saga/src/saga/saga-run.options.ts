import type { OptionShape } from '@rea/core/internal';
import type { Duration } from '@restatedev/restate-sdk';

/**
 * What is undone, and what happens when a compensation's tries are used up.
 *
 * - `all`: every step whose action was started, also when its outcome is not known; stops at the first exhausted one.
 * - `completed`: only steps whose action is known to be done; stops as `all` does.
 * - `best-effort`: as `all`, and goes on after an exhausted one.
 * - `until-success`: as `all`, and tries for ever.
 */
export type CompensationStrategy = 'all' | 'completed' | 'best-effort' | 'until-success';

/** How often a failed compensation is tried again. Between the tries the saga sleeps durably. */
export interface CompensationRetry {
  /** Tries in all, the first included. Default 6. Not with the strategy `until-success`. */
  readonly maxAttempts?: number;
  /** Wait before the second try, in milliseconds or as `{ seconds: 1 }`. Default 1 s. */
  readonly initialInterval?: Duration | number;
  /** Longest wait. Default 5 min. */
  readonly maxInterval?: Duration | number;
  /** Growth of the wait. Default 2. */
  readonly factor?: number;
  /** 0 to 1: how much of each wait is random, the same on every replay. Default 0. */
  readonly jitter?: number;
}

/** Options of one saga; what is left out is the module's. */
export interface SagaRunOptions {
  /** Default `all`. */
  readonly strategy?: CompensationStrategy;
  /** Default: 6 tries, 1 s to 5 min, exponential. */
  readonly retry?: CompensationRetry;
  /** After it the saga rolls back and fails with 408, in milliseconds or as `{ minutes: 5 }`. Default: none. */
  readonly deadline?: Duration | number;
  /** Keep the report in state while the saga runs, on contexts that have state they may write. Default true. */
  readonly report?: boolean;
  /**
   * Keep, with the report, what each compensation would be given. A workflow that was killed can be rolled back from
   * that; without it, its dead saga is only reported. Default false.
   */
  readonly journal?: boolean;
  /** Run each compensation twice, to see that the second time does not fail. For tests and staging. Default false. */
  readonly verifyIdempotency?: boolean;
}

/** The names of the options of a saga. */
export const SAGA_RUN_SHAPE: OptionShape<SagaRunOptions> = {
  strategy: true,
  retry: { maxAttempts: true, initialInterval: true, maxInterval: true, factor: true, jitter: true },
  deadline: true,
  report: true,
  journal: true,
  verifyIdempotency: true,
};
