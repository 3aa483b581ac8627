import type { DeadLetterOptions } from './dead-letters/dead-letter.options.js';
import type { SagaRunOptions } from './saga/saga-run.options.js';
import type { SupervisorOptions } from './supervisor/supervisor.options.js';

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
