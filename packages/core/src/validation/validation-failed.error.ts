import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import type { FieldDetail } from './field-detail.js';

/**
 * A value does not fit its schema. Terminal, since it would not fit on a retry either. Status 400 for inputs, 500 for
 * what a handler itself produced (outputs, state).
 */
export class ValidationFailedError extends TerminalError {
  override name = 'ValidationFailedError';

  constructor(
    subject: string,
    readonly details: readonly FieldDetail[],
    errorCode: 400 | 500 = 400,
  ) {
    const list = details.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    super(`${subject} is not valid: ${list}`, {
      errorCode,
      metadata: { [ERROR_METADATA.code]: 'REA2010', [ERROR_METADATA.details]: JSON.stringify(details) },
    });
  }
}
