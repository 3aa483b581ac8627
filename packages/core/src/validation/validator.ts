import { TerminalError } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import type { FieldDetail } from './field-detail.js';

/** The outcome of a validation: the (perhaps transformed) value, or what is wrong with it. */
export type Validated = { readonly value: unknown } | { readonly details: readonly FieldDetail[] };

/** Checks a value. Synchronous: it runs on every attempt, so it must not depend on anything but the value. */
export type Validator = (value: unknown) => Validated;

/** Whether a value implements Standard Schema, as an object (zod) or as a function (arktype). */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}

/** @throws TerminalError (500, `REA2011`) when the schema validates asynchronously */
export function standardSchemaValidator(schema: StandardSchemaV1): Validator {
  return (value) => {
    const result = schema['~standard'].validate(value);
    if (result instanceof Promise) {
      throw new TerminalError(
        'REA2011: The schema validates asynchronously. A handler validates on every attempt, also on replay: use a synchronous schema, and check against other systems in a run().',
        { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA2011' } },
      );
    }
    if (!result.issues) return { value: result.value };
    return { details: fieldDetails(result.issues) };
  };
}

/** The issues of a schema, as they are reported. */
export function fieldDetails(issues: readonly StandardSchemaV1.Issue[]): FieldDetail[] {
  return issues.map(({ path, message }) => ({ path: dotted(path), message }));
}

function dotted(path: StandardSchemaV1.Issue['path']): string {
  return (path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
}
