import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { namedValue } from '../named-value.js';

/** Longest object key or workflow id that Rea lets through, in characters. */
export const MAX_KEY_LENGTH = 256;

const CONTROL = /\p{Cc}/u;

/**
 * Checks an object key or workflow id and returns it.
 *
 * @throws TerminalError (400, `REA3001`) when it is not text, empty, longer than 256 characters, not well-formed Unicode, `.` or
 *   `..`, or has control characters
 */
export function checkKey(key: string, of: string): string {
  const isPath = key === '.' || key === '..';
  return accepted(key, of, isPath ? `is "${key}", which URLs take for a path` : textProblem(key));
}

/**
 * Joins parts into one key such that different lists of parts never give the same key: `compositeKey('a', 'b/c')` and
 * `compositeKey('a/b', 'c')` differ.
 *
 * @param parts for example a tenant and an order number; each may be any non-empty text without control characters
 * @throws TerminalError (400, `REA3001`) naming the position of a part that is empty or no text, and when the key gets
 *   longer than 256 characters
 */
export function compositeKey(...parts: [string, string, ...string[]]): string {
  const escaped = parts.map((part, index) =>
    accepted(part, 'a composite key', textProblem(part), `Part ${index + 1}`)
      .replaceAll('%', '%25')
      .replaceAll('/', '%2F'),
  );
  return checkKey(escaped.join('/'), 'a composite key');
}

/** The parts that {@link compositeKey} was given. */
export function splitCompositeKey(key: string): string[] {
  return key.split('/').map((part) => part.replaceAll('%2F', '/').replaceAll('%25', '%'));
}

function textProblem(text: string): string | undefined {
  if (typeof text !== 'string') return `is ${namedValue(text)}, and a key is text`;
  if (text === '') return 'is empty';
  if (text.length > MAX_KEY_LENGTH) return `has ${text.length} characters; at most ${MAX_KEY_LENGTH} are allowed`;
  if (CONTROL.test(text)) return 'has control characters';
  return text.isWellFormed() ? undefined : 'has half of a surrogate pair, which UTF-8 cannot carry';
}

function accepted(text: string, of: string, problem: string | undefined, what = 'The key'): string {
  if (problem === undefined) return text;
  throw new TerminalError(
    `REA3001: ${what} of ${of} ${problem}. Use a short, stable id, for example an order number.`,
    {
      errorCode: 400,
      metadata: { [ERROR_METADATA.code]: 'REA3001' },
    },
  );
}
