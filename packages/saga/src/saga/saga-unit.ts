import type { Compensate, StepOutcome } from './step.types.js';
import type { CompensationRetry } from './saga-run.options.js';
import type { StepState } from './saga-report.js';
import type { StepEntry } from './saga-scope.js';

/** A step that was started. */
export interface StepUnit {
  readonly kind: 'step';
  readonly entry: StepEntry;
  readonly compensate: Compensate<never> | undefined;
  readonly retry: CompensationRetry | undefined;
  outcome: StepOutcome<never>;
  state: StepState | 'waiting';
}

/** Steps that were started together, and are undone together. */
export interface GroupUnit {
  readonly kind: 'group';
  readonly units: readonly StepUnit[];
}

/** A saga within the saga, undone at its place in the order. */
export interface NestedUnit<S> {
  readonly kind: 'nested';
  readonly saga: S;
}

/** What a saga undoes one after another, latest first. */
export type Unit<S> = StepUnit | GroupUnit | NestedUnit<S>;
