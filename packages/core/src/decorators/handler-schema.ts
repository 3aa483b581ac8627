import type { Serde } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';

/** A class whose properties carry class-validator decorators. */
export type DtoClass<T extends object = object> = new (...args: never[]) => T;

/**
 * How a handler's input or output is described: a Standard Schema (zod, valibot, arktype and others) or a
 * class-validator DTO class, both validated as JSON, or a Restate `Serde` for other formats.
 */
export type HandlerSchema = StandardSchemaV1 | DtoClass | AnySerde;

/** A `Serde` of any type. */
export interface AnySerde extends Pick<Serde<never>, 'contentType' | 'jsonSchema' | 'serialize'> {
  deserialize(data: Uint8Array): unknown;
}

/** The type a handler is given once the schema has accepted (and perhaps transformed) the input. */
export type ParsedBy<S> =
  S extends StandardSchemaV1<unknown, infer Out>
    ? Out
    : S extends { deserialize(data: Uint8Array): infer T }
      ? T
      : S extends new (...args: never[]) => infer Dto
        ? Dto
        : never;

/** The type a handler has to return so that the schema can accept it. */
export type AcceptedBy<S> =
  S extends StandardSchemaV1<infer In, unknown>
    ? In
    : S extends { deserialize(data: Uint8Array): infer T }
      ? T
      : S extends new (...args: never[]) => infer Dto
        ? Dto
        : never;
