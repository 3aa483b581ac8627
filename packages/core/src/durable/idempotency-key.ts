import { createHash } from 'node:crypto';
import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { namedValue } from '../named-value.js';
import { holdsRandomId } from './random-id.js';

/** Longest idempotency key, in characters. */
export const MAX_IDEMPOTENCY_KEY_LENGTH = 256;

/** What a key is made of: text that is not empty, booleans, bigints, and numbers that are exact. */
export type KeyPart = string | number | boolean | bigint;

/**
 * Makes an idempotency key from what identifies an action. Deterministic; no two different lists of parts give one key:
 * `('a', 'b')`, `('ab')` and `('a/b')` differ, and so do `('1')` and `(1)`. A list that would give more than 256
 * characters gives its SHA-256 instead.
 *
 * @example
 * ```ts
 * idempotencyKey('charge', orderId); // "charge/o-17"
 * ```
 * @throws TerminalError (400, `REA3020`) naming the position of a part that identifies nothing: undefined, null, an empty
 *   text, NaN, an infinite number, an integer beyond 2^53 (it stands for several), an object, a function or a symbol
 */
export function idempotencyKey(first: KeyPart, ...rest: KeyPart[]): string {
  const parts = [first, ...rest];
  for (const [index, part] of parts.entries()) checkPart(part, index + 1);
  return ownKey(...parts);
}

/** As {@link idempotencyKey}, of parts that are Rea's own or were checked: an empty text is a part, too. Throws nothing. */
export function ownKey(...parts: KeyPart[]): string {
  const key = parts.map(encode).join('/');
  if (key.length <= MAX_IDEMPOTENCY_KEY_LENGTH) return key;
  return `~sha256/${createHash('sha256').update(key).digest('hex')}`;
}

/** Text stands for itself, escaped to visible ASCII; other types carry a mark that escaped text cannot begin with. */
function encode(part: KeyPart): string {
  if (typeof part !== 'string') return `${typeof part === 'bigint' ? '~n' : `~${typeof part}`}:${part}`;
  if (part === '') return '~empty';
  if (/^[\w.:@-]+$/.test(part)) return part;
  if (!part.isWellFormed()) return `~utf16:${Buffer.from(part, 'utf16le').toString('hex')}`;
  return part.replaceAll(/[^\w.:@-]+/g, (odd) => [...Buffer.from(odd)].map(escapeByte).join(''));
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}

function checkPart(part: unknown, position: number): void {
  const problem = partProblem(part);
  if (problem === undefined) return;
  throw new TerminalError(
    `REA3020: Part ${position} of idempotencyKey() is ${problem}. Different actions would share the key, and all but the first get its answer. Validate the input, and pass the id itself: text, a bigint, an exact number or a boolean.`,
    { errorCode: 400, metadata: { [ERROR_METADATA.code]: 'REA3020' } },
  );
}

function partProblem(part: unknown): string | undefined {
  if (typeof part === 'number' && Number.isInteger(part) && !Number.isSafeInteger(part)) {
    return `${namedValue(part)}, which is beyond 2^53 and stands for several integers`;
  }
  const isPart =
    typeof part === 'string' ? part !== '' : Number.isFinite(part) || ['boolean', 'bigint'].includes(typeof part);
  return isPart ? undefined : namedValue(part);
}

/** Why a text, or what was given instead of one, cannot be an idempotency key; undefined when it can. */
export function findMalformedKey(key: unknown): string | undefined {
  if (typeof key !== 'string') return `is ${namedValue(key)}, and not text`;
  if (key === '') return 'is empty';
  if (key.length > MAX_IDEMPOTENCY_KEY_LENGTH) return `has more than ${MAX_IDEMPOTENCY_KEY_LENGTH} characters`;
  if (/[^\x20-\x7e]/.test(key)) return 'has characters beyond visible ASCII';
  return /^ | $/.test(key) ? 'begins or ends with a space, which HTTP drops' : undefined;
}

/** What is refused in every mode of the policy, for both sorts of clients. @param of for example `Till call.charge()` */
export function malformedKeyMessage(of: string, problem: string): string {
  return `REA3021: The idempotency key of ${of} ${problem}. A key is 1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} characters of visible ASCII: idempotencyKey(...) makes one of any text. Leave the option out to send none.`;
}

/**
 * A time, alone or beside letters. Among the hexadecimal digits of a random UUID or a hash ten look like one now and then,
 * so words of these with a letter among them are left out.
 */
const TIME = /(?<![\da-z])(?![\da-f]*[a-f][\da-f]*(?![\da-z]))[a-z]*1[4-9]\d{8}(?:\d{3})?[a-z]*(?![\da-z])/i;

/** What a template makes of a value that is missing: `pay-${undefined}`. */
const MISSING = /(?<![\da-zA-Z])(?:undefined|null|NaN)(?![\da-zA-Z])/;

const CHECKS: readonly (readonly [RegExp, string])[] = [
  [/[^\x21-\x7e]/, 'has characters beyond visible ASCII'],
  [TIME, 'holds a time in seconds or milliseconds'],
  [/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/, 'holds a date and time'],
  [/(?:^|\D)20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:\D|$)/, 'holds a date'],
  [MISSING, 'holds a missing value'],
];

/**
 * Returns why a key would not recognise a repeated action; undefined when nothing suggests so. It looks at the key's form
 * only: empty, longer than 256 characters, characters that no HTTP header carries, a time, a date, a missing value, a
 * random id.
 */
export function findKeyProblem(key: string): string | undefined {
  return findRequestKeyProblem(key) ?? holdsRandomId(key);
}

/** As {@link findKeyProblem}, for a key that a client of ours may have made: a random one is right there. */
export function findRequestKeyProblem(key: string): string | undefined {
  return findMalformedKey(key) ?? CHECKS.find(([pattern]) => pattern.test(key))?.[1];
}
