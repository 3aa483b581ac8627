import { ERROR_METADATA, ReaOptionsError } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';
import { checkDurationOption, checkOptionNames } from '@rea/core/internal';
import { validateDeadLetterOptions } from './dead-letters/dead-letter.options-validation.js';
import type { CompensationRetry, SagaRunOptions } from './saga/saga-run.options.js';
import { SAGA_SHAPE, type SagaModuleOptions } from './saga.options.js';
import { validateSupervisorOptions } from './supervisor/supervisor.options-validation.js';

const STRATEGIES = ['all', 'completed', 'best-effort', 'until-success'];

/**
 * Refuses options that cannot work, when the module is defined and when a saga starts.
 *
 * @throws ReaOptionsError naming the option's path and the cure
 */
function validateSagaOptions<T extends SagaModuleOptions | SagaRunOptions>(options: T): T {
  const { strategy, retry } = options;
  if (strategy !== undefined && !STRATEGIES.includes(strategy)) {
    throw new ReaOptionsError('strategy', `is ${JSON.stringify(strategy)}; it is one of ${STRATEGIES.join(', ')}.`);
  }
  checkRetry('retry', retry);
  if ('deadLetters' in options && options.deadLetters) validateDeadLetterOptions(options.deadLetters);
  if ('supervisor' in options && options.supervisor) validateSupervisorOptions(options.supervisor);
  if ('deadline' in options) checkDurationOption('deadline', options.deadline, { least: 1 });
  return options;
}

/** As {@link validateSagaOptions}, and refuses options that do not exist. @throws ReaOptionsError */
export function validateModuleOptions(options: SagaModuleOptions): SagaModuleOptions {
  checkOptionNames('SagaModule', options, SAGA_SHAPE);
  return validateSagaOptions(options);
}

/**
 * As {@link validateSagaOptions}, in a handler: to try again would not help.
 *
 * @throws TerminalError (500) naming the option's path and the cure
 */
export function checkRunOptions(options: SagaRunOptions): void {
  try {
    validateSagaOptions(options);
  } catch (error) {
    if (!(error instanceof ReaOptionsError)) throw error;
    throw new TerminalError(error.message, { errorCode: 500, metadata: { [ERROR_METADATA.code]: error.code } });
  }
}

/** @throws ReaOptionsError naming the option's path and the cure */
function checkRetry(path: string, retry: CompensationRetry | undefined): void {
  if (!retry) return;
  const { maxAttempts, initialInterval, maxInterval, factor, jitter } = retry;
  if (maxAttempts !== undefined && !(Number.isInteger(maxAttempts) && maxAttempts >= 1)) {
    throw new ReaOptionsError(`${path}.maxAttempts`, `is ${maxAttempts}; it is a whole number, 1 or more.`);
  }
  checkDurationOption(`${path}.initialInterval`, initialInterval);
  checkDurationOption(`${path}.maxInterval`, maxInterval);
  if (factor !== undefined && !(Number.isFinite(factor) && factor >= 1)) {
    throw new ReaOptionsError(`${path}.factor`, `is ${factor}; it is a number, 1 or more.`);
  }
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1)) {
    throw new ReaOptionsError(`${path}.jitter`, `is ${jitter}; it is between 0 and 1.`);
  }
}
