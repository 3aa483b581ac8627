import { ERROR_METADATA } from '@rea/core';
import { namedValue } from '@rea/core/internal';
import { TerminalError } from '@restatedev/restate-sdk';

/**
 * Refuses a name that identifies nothing, before anything starts under it: idempotency keys, reports and dead letters are
 * made of it.
 *
 * @param saga that a step is of
 * @throws TerminalError (500, `REA8070`) when it is empty, or no text
 */
export function checkName(of: 'saga' | 'step', name: unknown, saga?: string): void {
  if (typeof name === 'string' && name !== '') return;
  const what = saga === undefined ? `A ${of}` : `A ${of} of the saga "${saga}"`;
  throw new TerminalError(
    `REA8070: ${what} has ${namedValue(name)} as its name, so it was not started. Idempotency keys, reports and dead letters are made of the name: validate the input that it is made of, and give it a stable one.`,
    { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA8070' } },
  );
}
