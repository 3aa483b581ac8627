/** Names of values that are secrets, as they end: `api_key`, `x-auth-token`. */
const SECRET = String.raw`(?:authorization|cookie|password|passwd|pwd|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|signature|sig|credential|credentials|session[-_]?id)`;

/** Begins where the word does: else each letter of a long one would be tried. */
const NAME = String.raw`(?<![\w-])[\w-]*${SECRET}`;

const HIDDEN = '***';

/** What is hidden, and what stays of it. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // scheme://user:password@host
  [/([a-z][a-z\d+.-]{0,30}:\/\/)[^\s/@'"]+@/gi, `$1${HIDDEN}@`],
  // Authorization: Bearer abc, and its like without a name
  [/\b(bearer|basic|digest|negotiate)(\s+)[\w+/=.~-]{6,}/gi, `$1$2${HIDDEN}`],
  // all cookies of a header
  [/\b((?:set-)?cookie\s*:\s*)[^\r\n]+/gi, `$1${HIDDEN}`],
  // name=value, name: value, "name": "value"
  [new RegExp(String.raw`(${NAME}["']?\s*[=:]\s*)"[^"]*"`, 'gi'), `$1"${HIDDEN}"`],
  [new RegExp(String.raw`(${NAME}["']?\s*[=:]\s*)'[^']*'`, 'gi'), `$1'${HIDDEN}'`],
  [
    new RegExp(String.raw`(${NAME}["']?\s*[=:]\s*)(?!(?:bearer|basic|digest|negotiate)\s)[^\s"'&,;)}\]]+`, 'gi'),
    `$1${HIDDEN}`,
  ],
  // JSON Web Tokens, and the keys of well-known providers
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, HIDDEN],
  [/\b(?:sk|pk|rk)_(?:live|test)_\w{8,}|\bgh[opsur]_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bAKIA[A-Z\d]{16}\b/g, HIDDEN],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
];

/**
 * A text with what looks like credentials hidden: in URLs, in headers, in `name=value`, tokens. A text that names no
 * secret can still hold one; what is certain to be secret should not be in an error's message.
 */
export function withoutSecrets(text: string): string {
  return PATTERNS.reduce((safe, [pattern, kept]) => safe.replace(pattern, kept), text);
}
