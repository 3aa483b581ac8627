import type { StepEntry } from '../saga/saga-scope.js';
import type { SagaReport } from '../saga/saga-report.js';
import type { CompensationStrategy } from '../saga/saga-run.options.js';
import type { StoredReport } from './invocation-table.js';

/** A step of a dead saga that is to be undone. */
export interface LoggedStep {
  readonly step: string;
  /** Null: it was written inline, so nobody can run it any more. */
  readonly compensation: string | null;
  readonly payload: unknown;
  readonly strategy: CompensationStrategy;
}

/** What is to be undone of one saga, latest first. */
export interface LoggedSaga {
  readonly saga: string;
  readonly steps: readonly LoggedStep[];
}

/** What the log says. `missing`: there is none to go by; `past-pivot`: nothing may be undone any more. */
export type LogPlan =
  | { readonly kind: 'undo'; readonly sagas: readonly LoggedSaga[] }
  | { readonly kind: 'missing' }
  | { readonly kind: 'past-pivot'; readonly saga: string };

/** States in which a step has had its effect, or may have. */
const HAS_EFFECT = ['running', 'done', 'failed', 'compensating'];

/** What is known to be done, for the strategy `completed`. */
const IS_DONE = ['done', 'compensating'];

/** Reads what a killed workflow's sagas have left in its state. */
export function planFromLog(reports: readonly StoredReport[]): LogPlan {
  const sagas: LoggedSaga[] = [];
  for (const { saga, value } of reports) {
    const { status, steps, journal } = JSON.parse(value) as Omit<SagaReport, 'steps'> & {
      readonly steps: readonly StepEntry[];
    };
    if (status !== 'running' && status !== 'rolling-back') continue;
    if (!journal) return { kind: 'missing' };
    if (steps.some(({ pivot, state }) => pivot && state === 'done')) return { kind: 'past-pivot', saga };
    sagas.push({ saga, steps: steps.filter(isDue).map(toStep).toReversed() });
  }
  return reports.length === 0 ? { kind: 'missing' } : { kind: 'undo', sagas };
}

function isDue({ compensation, strategy, state }: StepEntry): boolean {
  return compensation !== undefined && (strategy === 'completed' ? IS_DONE : HAS_EFFECT).includes(state);
}

function toStep({ name, compensation, payload, strategy = 'all' }: StepEntry): LoggedStep {
  return { step: name, compensation: compensation ?? null, payload: payload ?? null, strategy };
}
