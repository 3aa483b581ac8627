import type { OptionShape } from '@rea/core/internal';
import type { Duration } from '@restatedev/restate-sdk';

/** Options of `ObservabilityModule.forRoot({ watch })`. */
export interface WatchOptions {
  /** Between two looks, in milliseconds or as `{ seconds: 30 }`. Default 15 s. */
  readonly interval?: Duration | number;
}

export const WATCH_DEFAULTS: Required<WatchOptions> = { interval: 15_000 };

export const WATCH_SHAPE: OptionShape<WatchOptions> = { interval: true };
