import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from './stranger.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');
const packages = globSync('packages/*/package.json', { cwd: root }).map(
  (file) =>
    JSON.parse(text(file)) as { readonly name: string; readonly peerDependencies?: Readonly<Record<string, string>> },
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rea-documents-'));
  mkdirSync(join(folder, 'docs'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What the check finds on a page and in sources. */
function check(page: string, sources?: Readonly<Record<string, string>>): string {
  writeFileSync(join(folder, 'docs/errors.md'), page);
  if (sources) {
    const src = join(folder, 'packages/core/src');
    mkdirSync(src, { recursive: true });
    for (const [file, source] of Object.entries(sources)) writeFileSync(join(src, file), source);
  } else {
    symlinkSync(join(root, 'packages'), join(folder, 'packages'));
  }
  return spawnSync(process.execPath, [join(root, 'scripts/docs-errors.mjs'), folder], {
    encoding: 'utf8',
  }).stderr.trim();
}

const HEAD = '# Errors\n\n## Endpoint and registration\n\n| code | what | what to do |\n| --- | --- | --- |\n';
const ROWS = [
  '| REA6001 | the server does not answer | start the server |',
  '| REA6002 | the server refused | read the message |',
];
const SOURCES = { 'a.ts': "throw new Error('REA6001: The server does not answer.');\nconst code = 'REA6002';\n" };
const page = (...rows: string[]) => `${HEAD}${rows.join('\n')}\n`;

describe('The check of docs/errors.md', { meta: { claim: 'documents' } }, () => {
  test('passes on the page and the sources of the repository, and on a small example', () => {
    expect(check(text('docs/errors.md'))).toBe('');
    rmSync(join(folder, 'packages'));
    expect(check(page(...ROWS), SOURCES)).toBe('');
  });

  test.each<[string, string, Readonly<Record<string, string>>, string]>([
    ['a row twice', page(ROWS[0]!, ROWS[0]!, ROWS[1]!), SOURCES, 'REA6001 has a row already'],
    [
      'a row without a header',
      `${page(ROWS[0]!)}\ntext\n\n${ROWS[1]}\n`,
      SOURCES,
      'REA6002 is in no table: a header is missing',
    ],
    ['a row after a blank line', `${page(ROWS[0]!)}\n${ROWS[1]}\n`, SOURCES, 'is in no table'],
    ['rows in the wrong order', page(ROWS[1]!, ROWS[0]!), SOURCES, 'REA6001 belongs before REA6002'],
    ['a cell too few', page(ROWS[0]!, '| REA6002 | the server refused |'), SOURCES, 'REA6002 has 2 cells, its table 3'],
    ['a pipe that is no cell', page(ROWS[0]!, '| REA6002 | a | b | c |'), SOURCES, 'REA6002 has 4 cells, its table 3'],
    [
      'a row in the section of others',
      page(...ROWS, '| REA8001 | a saga | a saga |'),
      { ...SOURCES, 'b.ts': "'REA8001'" },
      'REA8001 belongs to the section "Sagas"',
    ],
    ['a code without a row', page(ROWS[0]!), SOURCES, 'REA6002 is not in docs/errors.md'],
    [
      'a row that nothing uses',
      page(...ROWS, '| REA6003 | gone | gone |'),
      SOURCES,
      'docs/errors.md has REA6003, which nothing uses',
    ],
    [
      'a code with a second meaning',
      page(...ROWS),
      { ...SOURCES, 'b.ts': "throw new Error('REA6001: Two handlers have one name.');" },
      'b.ts: REA6001 means something else',
    ],
    [
      'a second meaning beside its code',
      page(...ROWS),
      { ...SOURCES, 'b.ts': "throw failure(\n  'REA6002',\n  `The handler ${name} takes two inputs.`,\n);" },
      'b.ts: REA6002 means something else',
    ],
  ])('finds %s', (_what, broken, sources, problem) => {
    expect(check(broken, sources)).toContain(problem);
  });

  test('finds a broken row of the real page', () => {
    const real = text('docs/errors.md');
    const row = /^\| REA6001 .*\n/m.exec(real)![0];
    expect(check(real.replace(row, ''))).toContain('REA6001 is not in docs/errors.md');
    rmSync(join(folder, 'packages'));
    expect(check(real.replace(row, row + row))).toContain('REA6001 has a row already');
    rmSync(join(folder, 'packages'));
    const rows = [...real.matchAll(/^\| REA600[67] .*\n/gm)].map(([each]) => each);
    expect(check(real.replace(rows.join(''), rows.toReversed().join('')))).toContain('REA6006 belongs before REA6007');
  });
});

describe('The guides', { meta: { claim: 'documents' } }, () => {
  test('say the sizes of retentions in one place', () => {
    const others = globSync('docs/**/*.md', { cwd: root }).filter(
      (file) => !file.endsWith('workflows.md') && /high-volume/.test(text(file)),
    );
    expect(others).toEqual([]);
    expect(text('docs/state.md')).toContain('(workflows.md#how-long-it-is-kept)');
  });

  test.each(packages.map(({ name }) => name))('have %s among what is supported', (name) => {
    const licences = text('docs/support.md').split('## Licences')[1]!;
    expect(licences).toContain(`\`${name === '@rea/core' ? name : name.replace('@rea/', '')}\``);
  });

  test('have every peer dependency', () => {
    const support = text('docs/support.md');
    const peers = new Set(packages.flatMap(({ peerDependencies = {} }) => Object.keys(peerDependencies)));
    const missing = [...peers].filter((peer) => !support.includes(`\`${peer}\``));
    expect(missing.filter((peer) => !peer.startsWith('@rea/'))).toEqual([]);
  });
});
