import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';

/** Longest object key or workflow id that Rea lets through, in characters. */
export const MAX_KEY_LENGTH = 256;

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Checks an object key or workflow id and gives it back.
 *
 * @throws TerminalError (400, `REA3001`) when it is empty, longer than 256 characters or has control characters.
 */
export function checkKey(key: string, of: string): string {
  const problem =
    typeof key !== 'string' || key === ''
      ? 'is empty'
      : key.length > MAX_KEY_LENGTH
        ? `has ${key.length} characters; at most ${MAX_KEY_LENGTH} are allowed`
        : CONTROL.test(key)
          ? 'has control characters'
          : undefined;
  if (problem === undefined) return key;
  throw new TerminalError(
    `REA3001: The key of ${of} ${problem}. Use a short, stable id, for example an order number.`,
    {
      errorCode: 400,
      metadata: { [ERROR_METADATA.code]: 'REA3001' },
    },
  );
}

/**
 * Joins parts into one key such that different lists of parts never give the same key: `compositeKey('a', 'b/c')` and
 * `compositeKey('a/b', 'c')` differ.
 *
 * @param parts for example a tenant and an order number; each may be any non-empty text without control characters
 * @throws TerminalError (400, `REA3001`) when a part is empty or the key gets longer than 256 characters.
 */
export function compositeKey(...parts: [string, string, ...string[]]): string {
  const escaped = parts.map((part) => checkKey(part, 'a composite key').replaceAll('%', '%25').replaceAll('/', '%2F'));
  return checkKey(escaped.join('/'), 'a composite key');
}

/** The parts that {@link compositeKey} was given. */
export function splitCompositeKey(key: string): string[] {
  return key.split('/').map((part) => part.replaceAll('%2F', '/').replaceAll('%25', '%'));
}
