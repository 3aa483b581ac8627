/**
 * Sagas with compensations and dead letters, for durable NestJS handlers on Restate.
 *
 * @packageDocumentation
 */
export { compensateWith, type NamedCompensation } from './compensations/compensate-with.js';
export { Compensation, type CompensationMethod, type CompensationRun } from './compensations/compensation.decorator.js';
export { type CompensationKey, compensationKey } from './compensations/compensation-key.js';
export { expectIdempotent, NotIdempotentError } from './compensations/expect-idempotent.js';
export { CompensationRegistry, type RegisteredCompensation } from './compensations/compensation-registry.js';
export { DeadLetterException } from './dead-letters/dead-letter.exception.js';
export type {
  DeadLetterEntry,
  DeadLetterError,
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetterRecord,
  DeadLetterStatus,
  DeadLetterSummary,
  OperatorNote,
  PurgeResult,
  RedriveOptions,
  RedriveResult,
  ResolveOptions,
} from './dead-letters/dead-letter-entry.js';
export { DEAD_LETTER_OPTIONS, type DeadLetterOptions } from './dead-letters/dead-letter.options.js';
export { DeadLetters, type PurgeOptions } from './dead-letters/dead-letters.js';
export type { DeadLetterReport, NotUndoneStep } from './dead-letters/dead-letter.types.js';
export { DeclaredSaga, type DeclaredSagaOptions, type SagaClass } from './declared/declared-saga.decorator.js';
export type { SagaInput, SagaResults } from './declared/declared-saga.types.js';
export { sagaDiagram } from './declared/saga-diagram.js';
export {
  type IrreversibleStepOptions,
  SagaStep,
  type Undo,
  type UndoableStepOptions,
} from './declared/saga-step.decorator.js';
export { SagaOperatorsModule } from './http/saga-operators.module.js';
export type { OperatorGuard, SagaOperatorsOptions } from './http/saga-operators.options.js';
export { sagaReport } from './saga/read-report.js';
export type { Saga, StepOptions } from './saga/saga.js';
export { type SagaReport, sagaReportOf, type SagaStatus, type StepState } from './saga/saga-report.js';
export type { CompensationRetry, CompensationStrategy, SagaRunOptions } from './saga/saga-run.options.js';
export type {
  Compensate,
  CompensatedStep,
  InlineCompensation,
  IrreversibleStep,
  Step,
  StepOutcome,
  StepRun,
} from './saga/step.types.js';
export { SagaHandler, type SagaHandlerOptions } from './saga-handler.decorator.js';
export { SagaStartError } from './saga.errors.js';
export { SagaModule } from './saga.module.js';
export type { SagaOptionsFactory } from './saga.module-definition.js';
export type { SagaModuleOptions } from './saga.options.js';
export { currentSaga, Sagas } from './sagas.service.js';
export { OperatorException, type OperatorProblem } from './operators/operator.exception.js';
export type {
  InvocationError,
  KilledRollback,
  KilledSaga,
  LogRollbackResult,
  PausedSaga,
  SagaInvocation,
} from './supervisor/saga-invocation.js';
export { SagaOperationException } from './supervisor/saga-operation.exception.js';
export { type SagaListOptions, SagaOperations, type SagaVerbOptions } from './supervisor/saga-operations.js';
export type { OnKilled, SupervisorOptions } from './supervisor/supervisor.options.js';
