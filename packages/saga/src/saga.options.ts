import type { OptionShape } from '@rea/core/internal';
import { DEAD_LETTER_SHAPE, type DeadLetterOptions } from './dead-letters/dead-letter.options.js';
import { SAGA_RUN_SHAPE, type SagaRunOptions } from './saga/saga-run.options.js';
import { SUPERVISOR_SHAPE, type SupervisorOptions } from './supervisor/supervisor.options.js';

export const SAGA_OPTIONS = Symbol('SAGA_OPTIONS');

/** Options of `SagaModule.forRoot`: what holds for each saga that does not say otherwise, and the module's own. */
export interface SagaModuleOptions extends Omit<SagaRunOptions, 'deadline'> {
  readonly deadLetters?: DeadLetterOptions;
  /**
   * Look for sagas that were killed or are paused, in processes that serve handlers and know the admin API. `false`: do
   * not; `SagaOperations` works all the same.
   */
  readonly supervisor?: false | SupervisorOptions;
}

const { deadline: _deadline, ...RUN } = SAGA_RUN_SHAPE;

/** The names of the options of `SagaModule`, however deep. */
export const SAGA_SHAPE: OptionShape<SagaModuleOptions> = {
  ...RUN,
  deadLetters: DEAD_LETTER_SHAPE,
  supervisor: SUPERVISOR_SHAPE,
};
