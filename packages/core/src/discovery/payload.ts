import { type Serde, serde } from '@restatedev/restate-sdk';
import type { DtoClass, HandlerSchema } from '../decorators/handler-schema.js';
import { isStandardSchema, standardSchemaValidator, type Validator } from '../validation/validator.js';
import type { PayloadModel } from './component.model.js';

export type Direction = 'input' | 'output';

/** Whether a schema is a Restate `Serde`, which brings its own format. */
function isSerde(schema: unknown): schema is Serde<unknown> {
  return typeof schema === 'object' && schema !== null && 'serialize' in schema && 'deserialize' in schema;
}

/** Whether a schema is a DTO class. */
export function isDtoClass(schema: unknown): schema is DtoClass {
  return typeof schema === 'function' && !isStandardSchema(schema);
}

/** The serde that puts a payload of this schema on the wire; undefined where the default serde applies. */
export function serdeOf(schema: HandlerSchema | undefined, direction: Direction): Serde<unknown> | undefined {
  if (isSerde(schema)) return schema;
  if (!isStandardSchema(schema)) return undefined;
  const jsonSchema = jsonSchemaOf(schema, direction);
  return jsonSchema && (new serde.JsonSerde<unknown>(jsonSchema) as Serde<unknown>);
}

/** Turns a schema into what the endpoint needs. `dtoValidator` is only called for DTO classes. */
export function createPayload(
  schema: HandlerSchema | undefined,
  direction: Direction,
  dtoValidator: (dto: DtoClass) => Validator,
): PayloadModel {
  return { serde: serdeOf(schema, direction), validate: validatorOf(schema, dtoValidator) };
}

function validatorOf(
  schema: HandlerSchema | undefined,
  dtoValidator: (dto: DtoClass) => Validator,
): Validator | undefined {
  if (isStandardSchema(schema)) return standardSchemaValidator(schema);
  return isDtoClass(schema) ? dtoValidator(schema) : undefined;
}

/** The JSON Schema of a Standard Schema that can tell it (the Standard JSON Schema extension), for discovery. */
function jsonSchemaOf(schema: { readonly '~standard': object }, direction: Direction): object | undefined {
  const standard = schema['~standard'];
  if (!('jsonSchema' in standard)) return undefined;
  const converter = standard.jsonSchema as Record<Direction, (options: { target: string }) => object>;
  try {
    return converter[direction]({ target: 'draft-2020-12' });
  } catch {
    // Not every schema has a JSON Schema (a transform, for example); it validates all the same.
    return undefined;
  }
}
