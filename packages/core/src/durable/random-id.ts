/** Of versions whose bits are chance or time; 3 and 5 are hashes of a name, and 8 may be one. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-([1-8])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/i;

const UUIDS: Readonly<Record<string, string>> = {
  1: 'holds a UUID of a time',
  2: 'holds a UUID of a time',
  4: 'holds a random UUID',
  6: 'holds a UUID of a time',
  7: 'holds a UUID of a time',
};

/**
 * Ids that have a form of their own, each as a whole between separators. Where an id begins with its time, only the years
 * 2018 to 2038 count, so that other texts of its length do not.
 */
const IDS: readonly (readonly [RegExp, string])[] = [
  [/^01(?=.*[A-Z])[0-9A-HJKMNP-TV-Z]{24}$/, 'holds a ULID'],
  [/^01(?=.*[a-z])[0-9a-hjkmnp-tv-z]{24}$/, 'holds a ULID'],
  [/^[1-6](?=.*[a-z])(?=.*[A-Z])[0-9A-Za-z]{26}$/, 'holds a KSUID'],
  [/^[b-f](?=.*[g-v])[0-9a-v]{18}[0g]$/, 'holds an XID'],
  [/^c[k-p](?=(?:.*\d){4})[0-9a-z]{23}$/, 'holds a CUID'],
];

/** What has no form but a length and an alphabet counts when its characters are as mixed as those of a random text. */
const MIXED: readonly (readonly [RegExp, number, string])[] = [
  [/^(?=.*[a-z])(?=.*[A-Z])[\w-]{21}$/, 9, 'holds a Nano ID'],
  [/^[a-z](?=.*[g-z])[0-9a-z]{23}$/, 7, 'holds a CUID'],
];

/** `String(Math.random())`, and the same to base 36. */
const FRACTION = /(?<![\da-z])0\.(?:\d{14,}|(?=[\da-z]*[a-z])[\da-z]{9,})(?![\da-z])/;

/**
 * Returns which random id a key holds; undefined when none is recognised. Random hexadecimal digits and Base64 look like
 * hashes, which are stable, and do not count.
 */
export function holdsRandomId(key: string): string | undefined {
  const version = UUID.exec(key)?.[1];
  const uuid = version && UUIDS[version];
  if (uuid) return uuid;
  if (FRACTION.test(key)) return 'holds a random number';
  for (const segment of key.split(/[/:.@~%]/)) {
    const found =
      IDS.find(([form]) => form.test(segment))?.[1] ??
      MIXED.find(([form, changes]) => form.test(segment) && changesOf(segment) >= changes)?.[2];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How often neighbours are of another sort: capitals, small letters, digits, the rest. */
function changesOf(text: string): number {
  const sorts = text
    .replaceAll(/[A-Z]/g, 'A')
    .replaceAll(/[a-z]/g, 'a')
    .replaceAll(/\d/g, '0')
    .replaceAll(/[_-]/g, '-');
  let changes = 0;
  for (let index = 1; index < sorts.length; index += 1) if (sorts[index] !== sorts[index - 1]) changes += 1;
  return changes;
}
