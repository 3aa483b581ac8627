import { type RestatePromise, type Serde, serde as sdkSerde, TerminalError } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { DtoClass } from '../decorators/handler-schema.js';
import { engineError } from '../failures/engine-error.js';
import { bounded, messageOf } from '../failures/thrown.js';
import { asTerminalError } from '../invocation/error-mapping.js';
import { declareDto, readyDtoValidator } from '../validation/dto-validator.js';
import { ValidationFailedError } from '../validation/validation-failed.error.js';
import { isStandardSchema, standardSchemaValidator } from '../validation/validator.js';
import { isPlainJson } from './lossy-value.js';

/** A promise's payload when it was rejected through Rea. Part of the wire: it never changes. */
interface RejectionEnvelope {
  readonly '_rea.rejected': {
    readonly message: string;
    readonly code: number;
    readonly metadata: Record<string, string>;
  };
}

/** How a durable value's payload is checked and written. */
export interface PayloadOptions<T> {
  /** Validates the payload where it is settled and where it is awaited: a Standard Schema, or a class-validator DTO class. */
  readonly schema?: StandardSchemaV1<unknown, T> | (new (...args: never[]) => T);
  /** Format, when it is not JSON. */
  readonly serde?: Serde<T>;
}

/**
 * The reason as a payload: the engine's own rejection of promises keeps neither status nor metadata.
 */
export function rejectionEnvelope(reason: string | TerminalError): RejectionEnvelope {
  const { message, code, metadata } = rejectionOf(reason);
  return { '_rea.rejected': { message, code, metadata: metadata ?? {} } };
}

/** What something is rejected with, as the engine takes it: types do not keep other values from being given. */
export function rejectionOf(reason: string | TerminalError): TerminalError {
  if (typeof reason === 'string') return new TerminalError(bounded(reason));
  return asTerminalError(reason) ?? new TerminalError(messageOf(reason));
}

/** Reads values with the given serde, and rejection envelopes always as JSON. */
export function envelopeSerde<T>(serde: Serde<T> = sdkSerde.json as Serde<T>): Serde<T> {
  if (isPlainJson(serde)) return serde;
  return {
    ...(serde.contentType === undefined ? {} : { contentType: serde.contentType }),
    serialize: (value) => (isRejection(value) ? sdkSerde.json.serialize(value) : serde.serialize(value)),
    deserialize: (data) => {
      const text = new TextDecoder().decode(data.subarray(0, 16));
      return text.startsWith('{"_rea.rejected"') ? (sdkSerde.json.deserialize(data) as T) : serde.deserialize(data);
    },
  };
}

/** Has the libraries loaded, where a payload is described by a DTO class. */
export function declarePayload<T>(subject: string, { schema }: PayloadOptions<T>): void {
  if (schema && !isStandardSchema(schema)) declareDto(subject);
}

/** Options of a payload, as it is awaited. */
type AnyPayloadOptions = Pick<PayloadOptions<unknown>, 'schema'>;

/** Unwraps a payload: throws what it was rejected with, checks the value against the schema. */
export function settle<T>(future: RestatePromise<T>, subject: string, options: AnyPayloadOptions): RestatePromise<T> {
  return future.map((value, failure) => {
    if (failure) throw failure;
    return unwrap(value as T, subject, options);
  });
}

/** @throws TerminalError the rejection in the payload, or a 400 when the payload does not fit the schema. */
export function unwrap<T>(value: T, subject: string, { schema }: AnyPayloadOptions): T {
  if (isRejection(value)) {
    const { message, code, metadata } = value['_rea.rejected'];
    throw engineError(new TerminalError(message, { errorCode: code, metadata }));
  }
  return validated(value, subject, schema) as T;
}

/**
 * Checks a payload against its schema, and gives what that makes of it.
 *
 * @throws ValidationFailedError (terminal, 400); TerminalError (500, `REA2011`) for an asynchronous schema
 */
export function validated(value: unknown, subject: string, schema: AnyPayloadOptions['schema']): unknown {
  if (!schema) return value;
  const validate = isStandardSchema(schema) ? standardSchemaValidator(schema) : readyDtoValidator(schema as DtoClass);
  const result = validate(value);
  if ('details' in result) throw new ValidationFailedError(subject, result.details, 400);
  return result.value;
}

function isRejection(value: unknown): value is RejectionEnvelope {
  return typeof value === 'object' && value !== null && '_rea.rejected' in value;
}
