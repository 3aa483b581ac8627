import type { OptionShape } from '@rea/core/internal';
import type { Duration } from '@restatedev/restate-sdk';

/** Options of `ObservabilityModule.forRoot({ hooks })`. */
export interface HooksOptions {
  /** Events that may wait for one hook; beyond it they are dropped and counted. Default 10,000. */
  readonly queueSize?: number;
  /**
   * How long a shutdown waits for hooks, once no handler runs any more, in milliseconds or as `{ seconds: 5 }`. Default 3 s.
   */
  readonly shutdownGrace?: Duration | number;
}

export const HOOKS_DEFAULTS: Required<HooksOptions> = { queueSize: 10_000, shutdownGrace: 3_000 };

export const HOOKS_SHAPE: OptionShape<HooksOptions> = { queueSize: true, shutdownGrace: true };
