import { createHash } from 'node:crypto';

/** Longest idempotency key, in characters. */
export const MAX_IDEMPOTENCY_KEY_LENGTH = 256;

/** What a key is made of. */
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
 */
export function idempotencyKey(first: KeyPart, ...rest: KeyPart[]): string {
  const key = [first, ...rest].map(encode).join('/');
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

/**
 * A time, alone or beside letters. Among the hexadecimal digits of a random UUID or a hash ten look like one now and then,
 * so words of these with a letter among them are left out.
 */
const TIME = /(?<![\da-z])(?![\da-f]*[a-f][\da-f]*(?![\da-z]))[a-z]*1[4-9]\d{8}(?:\d{3})?[a-z]*(?![\da-z])/i;

const CHECKS: readonly (readonly [RegExp, string])[] = [
  [/[^\x21-\x7e]/, 'has characters beyond visible ASCII'],
  [TIME, 'holds a time in seconds or milliseconds'],
  [/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/, 'holds a date and time'],
  [/(?:^|\D)20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:\D|$)/, 'holds a date'],
];

const RANDOM_UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/i;

/**
 * Tells why a key would not recognise a repeated action: undefined when nothing speaks against it. It looks at the key's
 * form only: empty, longer than 256 characters, characters that no HTTP header carries, a time, a date, a random UUID.
 */
export function findKeyProblem(key: string): string | undefined {
  return findRequestKeyProblem(key) ?? (RANDOM_UUID.test(key) ? 'holds a random UUID' : undefined);
}

/** As {@link findKeyProblem}, for a key that a client of ours may have made: a random one is right there. */
export function findRequestKeyProblem(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (key.length > MAX_IDEMPOTENCY_KEY_LENGTH) return `has more than ${MAX_IDEMPOTENCY_KEY_LENGTH} characters`;
  return CHECKS.find(([pattern]) => pattern.test(key))?.[1];
}
