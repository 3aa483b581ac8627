import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import type { FieldDetail } from './field-detail.js';

/**
 * A value does not fit its schema. Terminal, since it would not fit on a retry either. Status 400 for inputs, 500 for
 * what a handler itself produced (outputs, state).
 *
 * A 400 says what is wrong with each field, in the schema library's words. A 500 only says with which: these words may
 * repeat the value, the caller has not sent it, and Restate keeps the error. They are in the {@link cause}, which stays
 * in the process.
 */
export class ValidationFailedError extends TerminalError {
  override name = 'ValidationFailedError';
  readonly details: readonly FieldDetail[];

  constructor(subject: string, details: readonly FieldDetail[], errorCode: 400 | 500 = 400) {
    const told = errorCode === 400 ? details : withoutValues(details);
    super(`${subject} is not valid: ${inWords(told)}`, {
      errorCode,
      metadata: { [ERROR_METADATA.code]: 'REA2010', [ERROR_METADATA.details]: JSON.stringify(told) },
    });
    this.details = told;
    if (errorCode === 500) this.cause = new Error(inWords(details));
  }
}

function inWords(details: readonly FieldDetail[]): string {
  return details.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
}

function withoutValues(details: readonly FieldDetail[]): FieldDetail[] {
  return [...new Set(details.map(({ path }) => path))].map((path) => ({ path, message: 'does not fit the schema' }));
}
