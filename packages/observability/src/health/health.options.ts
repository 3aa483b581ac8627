import type { OptionShape } from '@rea/core/internal';
/** Options of `ObservabilityModule.forRoot({ health })`. */
export interface HealthOptions {
  /** How long the Restate server may take for an answer, in milliseconds. Default 2 000. */
  readonly timeout?: number;
}

export const HEALTH_DEFAULTS: Required<HealthOptions> = { timeout: 2_000 };

export const HEALTH_SHAPE: OptionShape<HealthOptions> = { timeout: true };
