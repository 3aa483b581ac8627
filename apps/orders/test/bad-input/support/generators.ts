import * as fc from 'fast-check';

const LATIN1_CONTROLS = [
  '\u0000',
  '\u0001',
  '\t',
  '\u007f',
  '\u0080',
  '\u00ff',
  'ü',
  '%00',
  '%',
  '%zz',
  '%ff',
  '%c0%af',
  '..',
];

/** Text that somebody might put where a name, an id or a word is expected. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
  fc.constantFrom(
    '',
    ' ',
    '.',
    '..',
    '/',
    '//',
    '\\',
    '__proto__',
    'constructor',
    'toString',
    '-1',
    '1e999',
    'NaN',
    'null',
    '🚀',
    '\ud800',
  ),
  fc.constantFrom(...LATIN1_CONTROLS),
  fc.nat({ max: 3_000 }).map((length) => 'a'.repeat(length)),
  fc.constantFrom(
    `'; drop table state; --`,
    '${jndi:ldap://x}',
    '<script>',
    '../../etc/passwd',
    '*',
    '?',
    '#',
    '&',
    '=',
    ';',
  ),
);

/** A segment of a path, encoded or not. */
export const segment: fc.Arbitrary<string> = fc.oneof(
  text.map((value) => encodeURIComponent(value.toWellFormed())),
  text.map(asTarget),
);

/** A query string. */
export const query: fc.Arbitrary<string> = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom(
          'limit',
          'cursor',
          'status',
          'since',
          'before',
          'step',
          'limit[]',
          'status[x]',
          'a[b][c][d]',
          '__proto__[x]',
        ),
        segment,
      ),
      fc.oneof(segment, fc.constantFrom('0', '-1', '1e9', '501', 'open', '2020-01-01', '99999999999999999999')),
    ),
    { maxLength: 5 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`));

export const contentType: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'application/json; charset=utf-16',
      'application/json; charset=nonsense',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data',
      'application/octet-stream',
      '',
      ';',
      '*/*',
    ),
  },
  { weight: 1, arbitrary: text.map(asHeader) },
);

/** A body that is valid, with something else in one place or several. */
export function bodyLike(valid: object): fc.Arbitrary<Buffer> {
  const json = fc.oneof({ weight: 4, arbitrary: mutated(valid) }, { weight: 1, arbitrary: fc.jsonValue() });
  return fc.oneof(
    { weight: 8, arbitrary: json.map((value) => Buffer.from(JSON.stringify(value))) },
    { weight: 2, arbitrary: fc.tuple(json, fc.nat(200)).map(([value, cut]) => cutShort(JSON.stringify(value), cut)) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: text.map((value) => Buffer.from(value)) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          '',
          '[]',
          'null',
          '"text"',
          '{"__proto__":{"x":1}}',
          '{"constructor":{"prototype":{"x":1}}}',
          '{"a":1e999}',
          '{"a":1,"a":2}',
          '['.repeat(20_000),
          '{"a":'.repeat(5_000),
          `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
          `"${'x'.repeat(150_000)}"`,
          '\ufeff{}',
          '{}{}',
        )
        .map((value) => Buffer.from(value)),
    },
  );
}

function mutated(valid: object): fc.Arbitrary<unknown> {
  const fields = Object.keys(valid);
  const other = fc.oneof(fc.jsonValue({ maxDepth: 2 }), text, fc.constantFrom(null, -1, 0, 1e308, 0.5, true, [], {}));
  return fc
    .record({
      changed: fc.dictionary(fc.constantFrom(...(fields.length > 0 ? fields : ['x'])), other, { maxKeys: 2 }),
      removed: fc.subarray(fields),
      added: fc.dictionary(fc.string({ maxLength: 8 }), other, { maxKeys: 1 }),
    })
    .map(({ changed, removed, added }) => {
      const body: Record<string, unknown> = { ...valid, ...changed, ...added };
      for (const name of removed) delete body[name];
      return body;
    });
}

function cutShort(json: string, cut: number): Buffer {
  return Buffer.from(json.slice(0, Math.max(0, json.length - cut - 1)));
}

/** What a request line can carry: no spaces and no line breaks, or it would be another request. */
export function asTarget(value: string): string {
  return Buffer.from(value.toWellFormed())
    .toString('latin1')
    .replaceAll(/[\s?#]/g, '');
}

/** What a header line can carry. */
export function asHeader(value: string): string {
  return Buffer.from(value.toWellFormed())
    .toString('latin1')
    .replaceAll(/[\r\n]/g, '');
}
