import type { OptionShape } from '@rea/core/internal';
import type { Duration } from '@restatedev/restate-sdk';

/** What becomes of a saga that was killed. */
export type OnKilled = 'report' | 'roll-back';

/** Options of the supervisor of sagas. */
export interface SupervisorOptions {
  /**
   * How often it looks for sagas that were killed or are paused, in milliseconds or as `{ seconds: 10 }`. Each look is
   * one query, whatever the number of replicas finds. Default 10 s.
   */
  readonly interval?: Duration | number;
  /**
   * `report` (default): a killed saga is told in the log and as an event, and waits for `SagaOperations.rollBack()`.
   * `roll-back`: it is told and rolled back at once.
   */
  readonly onKilled?: OnKilled;
  /**
   * How far back it looks when it starts: killed sagas that ended longer ago are not found. More than Restate retains the
   * journals of the handlers (24 hours, unless configured) is of no use. Default 24 h.
   */
  readonly window?: Duration | number;
}

/** Where nothing else is said. */
export const SUPERVISOR_DEFAULTS = { interval: 10_000, onKilled: 'report', window: 86_400_000 } as const;

export const SUPERVISOR_SHAPE: OptionShape<SupervisorOptions> = { interval: true, onKilled: true, window: true };
