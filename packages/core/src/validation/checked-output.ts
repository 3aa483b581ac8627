import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { ValidationFailedError } from './validation-failed.error.js';
import type { Validator } from './validator.js';

/**
 * An output as its schema completes it: defaults are added, unknown fields dropped. Callers have the type that the method
 * returns, so a schema that makes another value of it is refused.
 *
 * @param converts whether the schema might: else nothing is compared
 * @throws ValidationFailedError (terminal, 500) when it does not fit
 * @throws TerminalError (500, `REA7082`) when the schema converts it
 */
export function checkedOutput(validate: Validator, output: unknown, subject: string, converts = true): unknown {
  const result = validate(output);
  if ('details' in result) throw new ValidationFailedError(subject, result.details, 500);
  const { value } = result;
  if (value === output || !converts) return value;
  const json = asJson(value);
  if (json === undefined || json === asJson(output)) return value;
  const again = validate(value);
  if ('value' in again && asJson(again.value) === json) return value;
  throw new TerminalError(
    `REA7082: ${subject} is converted by its schema, and callers have the type that the method returns. Convert in the method, and let the schema check the result.`,
    { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7082' } },
  );
}

/** Undefined where there is none; writing it says why. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
