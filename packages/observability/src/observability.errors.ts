import { ReaError } from '@rea/core';

/** The application cannot be observed as it asks to be. The message names the place, the reason and the cure. */
export class ObservabilityError extends ReaError {
  constructor(
    readonly code: string,
    what: string,
    cure: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${what} ${cure}`, options);
  }
}
