import { ReaError } from '../rea.error.js';

/** An unknown policy mode or rule id, in options, in the environment or at run time. */
export class PolicyConfigurationError extends ReaError {
  readonly code = 'REA2000';
}
