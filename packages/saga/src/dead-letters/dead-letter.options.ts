import type { OptionShape } from '@rea/core/internal';

/** Injection token of the {@link DeadLetterOptions}; without a provider the defaults apply. */
export const DEAD_LETTER_OPTIONS = Symbol('REA_DEAD_LETTER_OPTIONS');

/** Options of the dead letters. */
export interface DeadLetterOptions {
  /**
   * What requests for the dead letters have to carry, the same in every process of the application: at least 16
   * printable ASCII characters. Needed where
   * `DeadLetters` is used without the admin API. Default: a random value, kept in Restate, which only those can read who
   * reach the admin API.
   */
  readonly secret?: string;
  /**
   * Keep an index, so that processes without the admin API can list. Costs one durable call per dead letter and verb.
   * The processes that serve the handlers decide. Default: on where this process has no `server.adminUrl`.
   */
  readonly index?: boolean;
  /**
   * How long `DeadLetters` waits for an answer, in milliseconds. What it has started goes on afterwards. Default 60 000.
   */
  readonly timeout?: number;
  /**
   * How often a redrive, and a rollback from a log, tries a compensation that fails with an ordinary error. Intervals in
   * milliseconds. Default: 10 attempts, 100 ms after the first, each wait twice the one before, at most 10 000.
   */
  readonly redriveRetry?: RedriveRetry;
}

/** Retries of a compensation within one redrive. Afterwards the redrive has failed, and its entry stays open. */
export interface RedriveRetry {
  readonly initialInterval?: number;
  readonly exponentiationFactor?: number;
  readonly maxInterval?: number;
  /** 1 or more. */
  readonly maxAttempts?: number;
}

export const DEAD_LETTER_SHAPE: OptionShape<DeadLetterOptions> = {
  secret: true,
  index: true,
  timeout: true,
  redriveRetry: { initialInterval: true, exponentiationFactor: true, maxInterval: true, maxAttempts: true },
};
