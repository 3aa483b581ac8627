/**
 * Sagas with compensations and dead letters, for durable NestJS handlers on Restate.
 *
 * @packageDocumentation
 */
export { compensateWith, type NamedCompensation } from './compensations/compensate-with.js';
export { Compensation, type CompensationMethod, type CompensationRun } from './compensations/compensation.decorator.js';
export { type CompensationKey, compensationKey } from './compensations/compensation-key.js';
export { CompensationRegistry, type RegisteredCompensation } from './compensations/compensation-registry.js';
export type { DeadLetterReport, UndoneStep } from './dead-letters/dead-letter.types.js';
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
export { SagaStartError } from './saga.errors.js';
export { SagaModule } from './saga.module.js';
export type { SagaOptionsFactory } from './saga.module-definition.js';
export type { SagaModuleOptions } from './saga.options.js';
export { Sagas } from './sagas.service.js';
