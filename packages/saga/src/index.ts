/**
 * Sagas with compensations and dead letters, for durable NestJS handlers on Restate.
 *
 * @packageDocumentation
 */
export { Compensation, type CompensationMethod, type CompensationRun } from './compensations/compensation.decorator.js';
export { type CompensationKey, compensationKey } from './compensations/compensation-key.js';
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
} from './dead-letters/dead-letter-entry.js';
export { DEAD_LETTER_OPTIONS, type DeadLetterOptions } from './dead-letters/dead-letter.options.js';
export { DeadLetters, type PurgeOptions } from './dead-letters/dead-letters.js';
export type { DeadLetterReport, UndoneStep } from './dead-letters/dead-letter.types.js';
export { SagaStartError } from './saga.errors.js';
