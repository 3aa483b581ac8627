import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Journaled } from '../durable/journaled.js';

/**
 * Whether a schema reads what is written of the values that it makes: it takes their JSON form, or it is a codec, which
 * writes them itself. Of zod's schemas, objects, arrays, optional and nullable ones are looked into. What is not a Standard
 * Schema always does: a `Serde` has a format of its own, and a DTO class is made of plain data.
 */
export type ReadsBack<S> =
  S extends StandardSchemaV1<infer In, infer Out> ? ([Journaled<Out>] extends [In] ? true : IsCodec<S>) : true;

type IsCodec<S> = S extends { readonly _zod: { readonly def: infer Def } }
  ? IsZodCodec<Def>
  : S extends { encode(value: never): unknown }
    ? true
    : false;

type IsZodCodec<Def> = Def extends { reverseTransform: AnyFunction }
  ? true
  : Def extends { shape: infer Shape }
    ? false extends { [K in keyof Shape]: ReadsBack<Shape[K]> }[keyof Shape]
      ? false
      : true
    : Def extends { element: infer Inner } | { innerType: infer Inner }
      ? ReadsBack<Inner>
      : false;

type AnyFunction = (...args: never[]) => unknown;
