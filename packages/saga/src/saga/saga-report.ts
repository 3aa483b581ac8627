import { TerminalError } from '@restatedev/restate-sdk';

/**
 * How a step stands. `running`: its action is under way. `done`. `failed`: its action ended with an error, or its outcome
 * is not known. `compensating`, `compensated`. `dead-lettered`: its tries are used up, an operator has to see to it.
 * `not-undone`: it stays as it is, since the rollback
 * stopped before it. `skipped`: the strategy does not compensate it, or it is irreversible.
 */
export type StepState =
  'running' | 'done' | 'failed' | 'compensating' | 'compensated' | 'dead-lettered' | 'not-undone' | 'skipped';

/**
 * How a saga stands. `rolled-back`: all that the strategy asks for is undone. `incomplete`: something could not be undone,
 * or could not be done after the pivot; see the dead letters.
 */
export type SagaStatus = 'running' | 'completed' | 'rolling-back' | 'rolled-back' | 'incomplete';

/** What a saga has done, and undone. Part of the error that leaves its handler; in state while it runs. Plain JSON. */
export interface SagaReport {
  readonly saga: string;
  readonly status: SagaStatus;
  /** In the order in which they were started; those of nested sagas as `nested/step`. */
  readonly steps: readonly { readonly name: string; readonly state: StepState }[];
  /** Names of steps whose actions were done and have not been undone. */
  readonly done: readonly string[];
  /** Names of steps that were undone, in the order in which that happened. */
  readonly compensated: readonly string[];
  /** Steps that an operator has to see to, with the ids of their dead letters. */
  readonly deadLettered: readonly { readonly step: string; readonly id: string }[];
  /** Names of steps that were not undone, since the rollback stopped before them. */
  readonly notUndone: readonly string[];
  /** With the option `journal`: the steps tell how to undo them. */
  readonly journal?: true;
  /** Why it was rolled back. `kind` tells a cancellation and a passed deadline from other errors. */
  readonly cause?: {
    readonly kind: 'error' | 'cancelled' | 'deadline';
    readonly message: string;
    readonly code: number;
    /** The step whose action failed; undefined when it was none. */
    readonly step?: string;
    /** What whoever cancelled it gave as the reason. */
    readonly reason?: string;
  };
}

/** Metadata key of an error's report. Metadata values are strings, so it is JSON. */
const REPORT_METADATA = 'rea.saga';

/**
 * The report that an error carries: one thrown by a saga, by a durable call of a handler with a saga, or a Nest HTTP
 * exception of an ingress call of one. Undefined when it carries none.
 */
export function sagaReportOf(error: unknown): SagaReport | undefined {
  const text = metadataOf(error)?.[REPORT_METADATA];
  return typeof text === 'string' ? (JSON.parse(text) as SagaReport) : undefined;
}

function metadataOf(error: unknown): Readonly<Record<string, unknown>> | undefined {
  if (error instanceof TerminalError) return error.metadata;
  if (typeof error !== 'object' || error === null) return undefined;
  if ('metadata' in error && typeof error.metadata === 'object') return error.metadata as Record<string, unknown>;
  if ('getResponse' in error && typeof error.getResponse === 'function') {
    return metadataOf((error as { getResponse(): unknown }).getResponse());
  }
  return undefined;
}

/**
 * Puts the report on an error that leaves its saga, without what compensations would be given. Its class and status stay.
 */
export function withReport(error: TerminalError, { steps, ...rest }: SagaReport): TerminalError {
  const report: SagaReport = { ...rest, steps: steps.map(({ name, state }) => ({ name, state })) };
  const metadata = { ...error.metadata, [REPORT_METADATA]: JSON.stringify(report) };
  if (!Object.isFrozen(error)) return Object.assign(error, { metadata });
  return new TerminalError(error.message, { errorCode: error.code, metadata });
}
