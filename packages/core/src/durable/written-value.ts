import { type Serde, TerminalError } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { messageOf } from '../failures/thrown.js';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { encoderOf, encodingDetails } from '../validation/codec.js';
import { ValidationFailedError } from '../validation/validation-failed.error.js';
import { standardSchemaValidator } from '../validation/validator.js';
import { serialise } from './journal-value.js';

/** A value as it is stored, and as it is read from then on. */
export interface WrittenValue {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

/**
 * Writes a value that a schema describes. The schema transforms when it reads; when it writes it validates, and a codec
 * encodes. So what is stored is what the schema reads as the same value again, for as long as it is stored: a value that
 * reading would change each time is refused. A schema that trims or completes does so once.
 *
 * @param wrap puts the stored form into what is stored in its place
 * @throws ValidationFailedError (terminal, 500) when the value does not fit the schema
 * @throws TerminalError (500, `REA7081`) when the schema does not read back what it has let be written
 */
export function writeBySchema(
  schema: StandardSchemaV1,
  value: unknown,
  format: Serde<unknown>,
  subject: string,
  wrap?: (stored: unknown) => unknown,
): WrittenValue {
  const decode = standardSchemaValidator(schema);
  let bytes = encoded(schema, value, format, subject);
  // What a schema completes or trims is written once more, and has to stay as it is from then on.
  for (let round = 0; round < 2; round += 1) {
    const read = decode(format.deserialize(bytes));
    if ('details' in read) throw unread(schema, value, subject);
    const again = encoded(schema, read.value, format, subject);
    if (Buffer.compare(bytes, again) === 0) {
      if (wrap) bytes = serialise(format, wrap(format.deserialize(bytes)), subject);
      return { bytes, value: read.value };
    }
    bytes = again;
  }
  throw notStable(subject, 'each read would change it again');
}

function encoded(schema: StandardSchemaV1, value: unknown, format: Serde<unknown>, subject: string): Uint8Array {
  const encode = encoderOf(schema);
  if (!encode) return serialise(format, value, subject);
  let wire: unknown;
  try {
    wire = encode(value);
  } catch (error) {
    const details = encodingDetails(error);
    if (details) throw new ValidationFailedError(subject, details, 500);
    throw unwritable(subject, error);
  }
  return serialise(format, wire, subject);
}

/** Why what was written is not read: the value was never valid, or the schema reads another form than is stored. */
function unread(schema: StandardSchemaV1, value: unknown, subject: string): TerminalError {
  const given = encoderOf(schema) ? { value } : standardSchemaValidator(schema)(value);
  if ('details' in given) return new ValidationFailedError(subject, given.details, 500);
  return notStable(subject, 'its schema does not take the stored form of what it makes');
}

/** Why a codec's failure that is not about the value is terminal: the schema can never write, and trying again is in vain. */
export function unwritable(subject: string, error: unknown): TerminalError {
  return notStable(subject, `its codec cannot write it (${messageOf(error)})`);
}

function notStable(subject: string, why: string): TerminalError {
  return new TerminalError(
    `REA7081: ${subject} would not be read as it was written: ${why}. A schema transforms what it reads. Use a codec, which converts both ways, or transform before you write.`,
    { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7081' } },
  );
}
