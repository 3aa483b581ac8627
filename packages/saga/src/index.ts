/**
 * Sagas with compensations and dead letters, for durable NestJS handlers on Restate.
 *
 * @packageDocumentation
 */
export { Compensation, type CompensationMethod, type CompensationRun } from './compensations/compensation.decorator.js';
export { type CompensationKey, compensationKey } from './compensations/compensation-key.js';
export { CompensationRegistry, type RegisteredCompensation } from './compensations/compensation-registry.js';
export type { DeadLetterReport, UndoneStep } from './dead-letters/dead-letter.types.js';
export { SagaStartError } from './saga.errors.js';
