/** What a value is, for messages: `undefined`, `a number (5)`, `a Date`. Of text nothing is shown: it may be a secret. */
export function namedValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'number':
    case 'boolean':
    case 'bigint':
      return `a ${typeof value} (${value})`;
    case 'string':
      return value === '' ? 'an empty text' : 'text';
    case 'object':
      return value === null ? 'null' : namedObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function namedObject(value: object): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date';
  return value instanceof Promise ? 'a promise' : 'an object';
}
