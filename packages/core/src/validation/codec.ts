import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FieldDetail } from './field-detail.js';
import { fieldDetails } from './validator.js';

/** Makes the stored form of a value, which the schema reads. */
type Encode = (value: unknown) => unknown;

/** What a schema says of a value that it cannot encode; undefined when the failure is not about the value. */
export function encodingDetails(error: unknown): readonly FieldDetail[] | undefined {
  const issues: unknown = (error as { readonly issues?: unknown } | null)?.issues;
  return Array.isArray(issues) ? fieldDetails(issues as StandardSchemaV1.Issue[]) : undefined;
}

const encoders = new WeakMap<object, Encode | null>();

/**
 * How a schema writes what it reads: zod's codecs, also inside of other schemas, and any Standard Schema with a method
 * `encode`. Undefined for schemas that only read. Every schema of zod has that method: without a codec inside it is not
 * used, since JSON writes such values as they are.
 */
export function encoderOf(schema: StandardSchemaV1): Encode | undefined {
  let encoder = encoders.get(schema);
  if (encoder === undefined) {
    const { encode } = schema as { readonly encode?: unknown };
    const writes = typeof encode === 'function' && (!('_zod' in schema) || hasCodec(schema, new Set()));
    encoder = writes ? (value) => (schema as unknown as { encode: Encode }).encode(value) : null;
    encoders.set(schema, encoder);
  }
  return encoder ?? undefined;
}

/** Looks for a codec among the parts of a zod schema. */
function hasCodec(part: unknown, seen: Set<unknown>): boolean {
  if (typeof part !== 'object' || part === null || seen.has(part)) return false;
  seen.add(part);
  if (Array.isArray(part)) return part.some((each) => hasCodec(each, seen));
  if (!('_zod' in part)) return false;
  const def = (part as { readonly _zod: { readonly def: Readonly<Record<string, unknown>> } })._zod.def;
  if (typeof def['reverseTransform'] === 'function') return true;
  const { shape, getter } = def;
  const inside = [
    ...Object.values(def),
    ...(typeof shape === 'object' && shape !== null ? Object.values(shape) : []),
    ...(typeof getter === 'function' ? [(getter as () => unknown)()] : []),
  ];
  return inside.some((each) => hasCodec(each, seen));
}
