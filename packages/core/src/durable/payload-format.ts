import type { Context, Serde } from '@restatedev/restate-sdk';
import { encoderOf, encodingDetails } from '../validation/codec.js';
import { ValidationFailedError } from '../validation/validation-failed.error.js';
import { isStandardSchema } from '../validation/validator.js';
import { forJournal, type PassedOn } from './journal-value.js';
import { type PayloadOptions, validated } from './rejection.js';
import { unwritable } from './written-value.js';

/** What gives a payload its type back where it is awaited. */
export type FormattedPayload<T> =
  { readonly schema: NonNullable<PayloadOptions<T>['schema']> } | { readonly serde: Serde<T> };

/** A payload that is JSON as it is. */
export interface PlainPayload {
  readonly schema?: never;
  readonly serde?: never;
}

/**
 * A payload for the journal, encoded where its schema is a codec. It is checked as whoever awaits it will read it: what
 * settles it with a wrong value fails, and the wait goes on.
 *
 * @throws ValidationFailedError (terminal, 400) when it does not fit the schema
 * @throws TerminalError (500, `REA7020`) when the format cannot write it, `REA7081` when its schema never can;
 *   PolicyViolationError when it is too large
 */
export function payloadForJournal(
  ctx: Context,
  value: unknown,
  format: Serde<unknown>,
  { schema }: Pick<PayloadOptions<unknown>, 'schema'>,
  subject: string,
): PassedOn<unknown> {
  const written = forJournal(ctx, encodedPayload(value, schema, subject), format, subject);
  if (schema) validated(format.deserialize(written.value as Uint8Array), subject, schema);
  return written;
}

/**
 * A payload as its schema puts it on the wire.
 *
 * @throws ValidationFailedError (terminal, 400) when its codec refuses it; TerminalError (500, `REA7081`) when the schema
 *   cannot write at all, as with a transform beside a codec
 */
export function encodedPayload(value: unknown, schema: PayloadOptions<unknown>['schema'], subject: string): unknown {
  const encode = isStandardSchema(schema) ? encoderOf(schema) : undefined;
  return encode ? encodedBy(encode, value, subject) : value;
}

function encodedBy(encode: (value: unknown) => unknown, value: unknown, subject: string): unknown {
  try {
    return encode(value);
  } catch (error) {
    const details = encodingDetails(error);
    throw details ? new ValidationFailedError(subject, details, 400) : unwritable(subject, error);
  }
}
