import { ReaError } from '../rea.error.js';

/**
 * A class cannot be bound as a Restate component. Thrown while the application starts; the message names the class,
 * the method where there is one, and the cure.
 */
export class DiscoveryError extends ReaError {
  constructor(
    readonly code: `REA10${string}`,
    problem: string,
    cure: string,
  ) {
    super(`${code}: ${problem} ${cure}`);
  }
}
