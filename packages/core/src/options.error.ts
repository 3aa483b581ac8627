import { ReaError } from './rea.error.js';

/** An option of a Rea module is missing or cannot work. The message names its path and the cure. */
export class ReaOptionsError extends ReaError {
  readonly code = 'REA1001';

  constructor(path: string, problem: string) {
    super(`REA1001: The option ${path} ${problem}`);
  }
}
