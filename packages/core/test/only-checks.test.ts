import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { onlyChecks } from '../src/validation/only-checks.js';

const text = z.string().min(1).max(9);

describe('A schema', () => {
  test.each([
    ['an object', z.object({ id: z.uuid(), name: text, price: z.number().int().positive(), tags: z.array(text) })],
    ['a strict object with a refinement', z.strictObject({ a: text.optional() }).refine(() => true)],
    ['a union', z.discriminatedUnion('a', [z.object({ a: z.literal(1) }), z.object({ a: z.literal(2), b: text })])],
    ['a record and a tuple', z.object({ r: z.record(z.string(), text.nullable()), t: z.tuple([text], z.any()) })],
    ['an address', z.object({ mail: z.string().email(), kind: z.enum(['a', 'b']) }).readonly()],
  ])('that only checks: %s', (_what, schema) => {
    expect(onlyChecks(schema)).toBe(true);
  });

  test.each([
    ['a transformation', z.number().transform((value) => 2 * value)],
    ['a pipe', z.string().pipe(z.string())],
    ['an overwritten text', z.string().trim()],
    ['a lower-case text', z.string().toLowerCase()],
    ['a coercion', z.coerce.number()],
    ['a coerced date', z.coerce.date()],
    ['a preparation', z.preprocess((value) => value, z.string())],
    ['a default', z.string().default('a')],
    ['a fallback', z.string().catch('a')],
    ['a URL, which is trimmed', z.url()],
    ['a text that is a URL', z.string().url()],
    ['a check that may set the value', z.string().check((payload) => void (payload.value = 'b'))],
  ])('that may convert: %s', (_what, schema) => {
    const around = [
      schema,
      z.object({ list: z.array(schema) }),
      z.union([z.string(), schema]),
      z.object({}).catchall(schema),
      z.intersection(z.any(), schema),
    ];
    expect(around.map((each) => onlyChecks(each))).toEqual(around.map(() => false));
  });

  test.each([
    ['a schema of another library', { '~standard': {} }],
    ['a class', Date],
    ['nothing', undefined],
  ])('of which it cannot be told: %s', (_what, schema) => {
    expect(onlyChecks(schema)).toBe(false);
  });
});
