import { type Serde, serde } from '@restatedev/restate-sdk';
import type { DtoClass, HandlerSchema } from '../decorators/handler-schema.js';
import type { DtoSupport } from '../validation/dto-validator.js';
import { encoderOf } from '../validation/codec.js';
import { CodecSerde } from '../validation/codec-serde.js';
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
  const encode = direction === 'input' ? encoderOf(schema) : undefined;
  if (encode) return new CodecSerde(jsonSchema, encode) as Serde<unknown>;
  return jsonSchema && jsonSerde(jsonSchema);
}

/** Turns a schema into what the endpoint needs. `dtos` is only there when a DTO class is. */
export function createPayload(
  schema: HandlerSchema | undefined,
  direction: Direction,
  dtos: DtoSupport | undefined,
): PayloadModel {
  if (!isDtoClass(schema)) return { serde: serdeOf(schema, direction), validate: validatorOf(schema) };
  const jsonSchema = dtos?.jsonSchema(schema);
  return { serde: jsonSchema && jsonSerde(jsonSchema), validate: dtos?.validator(schema) };
}

function validatorOf(schema: HandlerSchema | undefined): Validator | undefined {
  return isStandardSchema(schema) ? standardSchemaValidator(schema) : undefined;
}

function jsonSerde(jsonSchema: object): Serde<unknown> {
  return new serde.JsonSerde<unknown>(jsonSchema) as Serde<unknown>;
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
