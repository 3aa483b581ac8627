import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';

/**
 * A deadline has passed: what `withDeadline` rejects with, and what it throws at the awaits of its block. Terminal, status
 * 408. Callers of the handler get it as a `TerminalError` with the status, the message and the code.
 */
export class DeadlineError extends TerminalError {
  override name = 'DeadlineError';

  /** @param what had the deadline: `Orders/place` @param millis how long it was given */
  constructor(what: string, millis: number) {
    super(
      `REA7033: ${what} was not done within its deadline of ${millis} ms. What it was waiting for was given up. Allow more time, or do less in one go.`,
      { errorCode: 408, metadata: { [ERROR_METADATA.code]: 'REA7033' } },
    );
  }
}
