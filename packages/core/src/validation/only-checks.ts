interface Def extends Readonly<Record<string, unknown>> {
  readonly type?: string;
  readonly check?: string;
}

/** Kinds of zod schemas that give the value that they are given, as do the schemas in these properties of theirs. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [
      'string',
      'number',
      'boolean',
      'bigint',
      'null',
      'undefined',
      'void',
      'never',
      'any',
      'unknown',
      'literal',
      'enum',
      'date',
    ].map((kind) => [kind, []]),
  ),
  object: ['shape', 'catchall'],
  array: ['element'],
  tuple: ['items', 'rest'],
  record: ['keyType', 'valueType'],
  union: ['options'],
  optional: ['innerType'],
  nullable: ['innerType'],
  readonly: ['innerType'],
};

const CHECKS = new Set([
  'less_than',
  'greater_than',
  'multiple_of',
  'number_format',
  'max_length',
  'min_length',
  'length_equals',
]);

/** Formats that are compared with the text as it is. A URL, for one, is trimmed. */
const FORMATS = new Set([
  'regex',
  'uuid',
  'guid',
  'email',
  'datetime',
  'date',
  'time',
  'starts_with',
  'ends_with',
  'includes',
]);

/**
 * Whether a schema surely gives the value that it is given, but for fields that it does not know: a zod schema of nothing
 * that could convert. False where that cannot be told.
 */
export function onlyChecks(schema: unknown, seen = new Set<unknown>()): boolean {
  if (seen.has(schema)) return true;
  seen.add(schema);
  const def = defOf(schema);
  const parts = def?.type === undefined ? undefined : KINDS[def.type];
  if (!def || !parts || def['coerce'] === true || !isHarmless(def)) return false;
  const checks = (def['checks'] ?? []) as readonly unknown[];
  return checks.every(isCheck) && parts.every((part) => inside(def[part]).every((each) => onlyChecks(each, seen)));
}

function isCheck(check: unknown): boolean {
  const def = defOf(check);
  if (!def) return false;
  // Of refine(); what check() and superRefine() are given may set the value.
  if (def.check === 'custom') return def.type === 'custom';
  return def.check === 'string_format' ? isHarmless(def) : def.check !== undefined && CHECKS.has(def.check);
}

/** A schema of a format is its own check. */
function isHarmless(def: Def): boolean {
  return def.check !== 'string_format' || FORMATS.has(def['format'] as string);
}

function inside(part: unknown): readonly unknown[] {
  if (part === undefined || part === null) return [];
  if (Array.isArray(part)) return part;
  return defOf(part) ? [part] : Object.values(part);
}

function defOf(part: unknown): Def | undefined {
  if (typeof part !== 'object' || part === null || !('_zod' in part)) return undefined;
  return (part as { readonly _zod: { readonly def: Def } })._zod.def;
}
