import { ReaError } from '../rea.error.js';

/** A state key is declared in a way that cannot work. Thrown where it is declared. */
export class StateKeyError extends ReaError {
  readonly code = 'REA1019';

  constructor(name: string, problem: string) {
    super(`REA1019: The state key "${name}" ${problem}`);
  }
}
