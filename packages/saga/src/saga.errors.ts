import { ReaError } from '@rea/core';

/** What is declared for sagas cannot work. Thrown while the application starts. */
export class SagaStartError extends ReaError {
  constructor(
    readonly code: `REA10${string}`,
    problem: string,
    cure: string,
  ) {
    super(`${code}: ${problem} ${cure}`);
  }
}
