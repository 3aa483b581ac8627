import type { Context, Serde } from '@restatedev/restate-sdk';
import { encoderOf, encodingDetails } from '../validation/codec.js';
import { ValidationFailedError } from '../validation/validation-failed.error.js';
import { isStandardSchema } from '../validation/validator.js';
import { forJournal, type PassedOn } from './journal-value.js';
import type { PayloadOptions } from './rejection.js';

/** What gives a payload its type back where it is awaited. */
export type FormattedPayload<T> =
  { readonly schema: NonNullable<PayloadOptions<T>['schema']> } | { readonly serde: Serde<T> };

/** A payload that is JSON as it is. */
export interface PlainPayload {
  readonly schema?: never;
  readonly serde?: never;
}

/**
 * A payload for the journal, encoded where its schema is a codec.
 *
 * @throws ValidationFailedError (terminal, 400) when the codec refuses it
 * @throws TerminalError (500, `REA7020`) when the format cannot write it; PolicyViolationError when it is too large
 */
export function payloadForJournal(
  ctx: Context,
  value: unknown,
  format: Serde<unknown>,
  { schema }: { readonly schema?: unknown },
  subject: string,
): PassedOn<unknown> {
  const encode = isStandardSchema(schema) ? encoderOf(schema) : undefined;
  return forJournal(ctx, encode ? encodedBy(encode, value, subject) : value, format, subject);
}

function encodedBy(encode: (value: unknown) => unknown, value: unknown, subject: string): unknown {
  try {
    return encode(value);
  } catch (error) {
    const details = encodingDetails(error);
    throw details ? new ValidationFailedError(subject, details, 400) : error;
  }
}
