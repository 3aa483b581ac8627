/** Of versions that are made of chance or of the time; 3 and 5 are hashes of a name, and 8 may be one. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-([12467])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/i;

/** `String(Math.random())`, and the same to base 36. */
const FRACTION = /(?<![\da-z])0\.(?:\d{14,}|(?=[\da-z]*[a-z])[\da-z]{9,})(?![\da-z])/;

/** Ids that begin with their time have a form of their own: that of the years from 2015 to 2033, at least. */
const TIMED: readonly (readonly [RegExp, string])[] = [
  [/^01(?=.*[A-Z])[0-9A-HJKMNP-TV-Z]{24}$/, 'holds a ULID'],
  [/^01(?=.*[a-z])[0-9a-hjkmnp-tv-z]{24}$/, 'holds a ULID'],
  [/^[0-4](?=.*[a-z])(?=.*[A-Z])[0-9A-Za-z]{26}$/, 'holds a KSUID'],
  [/^[9a-f](?=.*[g-v])[0-9a-v]{18}[0g]$/, 'holds an XID'],
  [/^c[h-p](?=(?:.*\d){4})[0-9a-z]{23}$/, 'holds a CUID'],
];

const CUID2 = /^[a-z](?=.*[g-z])[0-9a-z]{23}$/;
const NANO_ID = /^(?=.*[a-z])(?=.*[A-Z])[\w-]{21}$/;

/** What stands before an id: `order_`, `pay-refund-`. Base64 has the same separators, and no such words. */
const PREFIX = /^(?:(?:[a-z]{2,}|[A-Z]{2,})[-_])+/;

/** How often a random text of 21 to 24 characters changes between letters and digits at least, and words hardly do. */
const MIXED = 6;

/**
 * Returns which random id a key holds; undefined when none is recognised. Random hexadecimal digits and Base64 look like
 * hashes, which are stable: they do not count.
 */
export function holdsRandomId(key: string): string | undefined {
  const version = UUID.exec(key)?.[1];
  if (version !== undefined) return version === '4' ? 'holds a random UUID' : 'holds a UUID made of the time';
  if (FRACTION.test(key)) return 'holds a random number';
  for (const part of key.split(/[^\w-]/)) {
    const found = idProblem(part) ?? idProblem(part.replace(PREFIX, ''));
    if (found !== undefined) return found;
  }
  return undefined;
}

function idProblem(id: string): string | undefined {
  const timed = TIMED.find(([form]) => form.test(id));
  if (timed) return timed[1];
  if (NANO_ID.test(id) && isMixed(id)) return 'holds a Nano ID';
  return CUID2.test(id) && isMixed(id) ? 'holds a CUID' : undefined;
}

function isMixed(word: string): boolean {
  return (word.match(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])/g) ?? []).length >= MIXED;
}
