/**
 * Fails when docs/errors.md and the codes in the packages' sources do not match: a code that is missing on one side, stands
 * twice, out of order or in the section of others; a row that would not be rendered as one of a table; a code whose texts in
 * the sources have nothing to do with its row, so that it has two meanings.
 *
 * `node scripts/docs-errors.mjs [folder]`: the repository, or another folder with docs/errors.md and packages.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (file) => readFileSync(join(root, file), 'utf8');

/** Which codes a section has, by the beginning of its heading. */
const SECTIONS = [
  ['While the application starts', /^REA(1|2000)/],
  ['In handlers and clients', /^REA(2(?!000|03)|3|7)/],
  ['Sagas', /^REA(203|8(?!0[23]|06[5-9]))/],
  ['Dead letters', /^REA80([23]|6[5-9])/],
  ['Ingress clients', /^REA4/],
  ['Endpoint and registration', /^REA6/],
  ['The embedded server', /^REA5/],
  ['In the log', /^REA9/],
];

/** Words that say nothing about the meaning. */
const EMPTY = new Set('that this with have from into what which does when they them other each must than'.split(' '));

/** How much of a word is compared: "retries" and "retried" are one. */
const STEM = 4;

function wordsOf(text) {
  const words = text
    .replaceAll(/\$\{[^}]*\}/g, ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return new Set(
    (words.match(/[a-z]{4,}/g) ?? []).filter((word) => !EMPTY.has(word)).map((word) => word.slice(0, STEM)),
  );
}

const problems = [];
const used = new Set();
/** Where a text of a code stands, and what it says. */
const texts = [];
for (const file of globSync('packages/*/src/**/*.ts', { cwd: root })) {
  const source = read(file);
  for (const code of source.match(/REA\d{4}/g) ?? []) used.add(code);
  // In the text itself, or in the literal before it.
  for (const [, code, text] of source.matchAll(/['"`](REA\d{4}):? ([^'"`]{20,})/g)) texts.push({ file, code, text });
  for (const [, code, , text] of source.matchAll(/'(REA\d{4})',\s+(['"`])((?:(?!\2)[^\\\n]|\\.){20,})\2/g)) {
    texts.push({ file, code, text });
  }
}

/** The rows, by their codes. */
const documented = new Map();
/** The cells of the table that the previous line belongs to; 0 outside of tables. */
let columns = 0;
let previous = '';
let section = '';
for (const [index, line] of read('docs/errors.md').split('\n').entries()) {
  const isRow = line.startsWith('|');
  const cells = isRow ? line.split(/(?<!\\)\|/).length - 2 : 0;
  const code = /^\| (REA\d{4}) /.exec(line)?.[1];
  if (code) {
    const where = `docs/errors.md:${index + 1}: ${code}`;
    if (columns === 0) problems.push(`${where} is in no table: a header is missing`);
    else if (cells !== columns) problems.push(`${where} has ${cells} cells, its table ${columns}`);
    if (documented.has(code)) problems.push(`${where} has a row already`);
    if (code < previous) problems.push(`${where} belongs before ${previous}`);
    const belongs = SECTIONS.find(([, codes]) => codes.test(code))?.[0];
    if (belongs && !section.startsWith(belongs)) problems.push(`${where} belongs to the section "${belongs}"`);
    documented.set(code, line);
    previous = code;
  } else if (isRow) {
    if (columns === 0) columns = cells;
  } else {
    columns = 0;
    if (line.startsWith('#')) {
      previous = '';
      section = line.replace(/^#+ /, '');
    }
  }
}

for (const code of used) if (!documented.has(code)) problems.push(`${code} is not in docs/errors.md`);
for (const code of documented.keys())
  if (!used.has(code)) problems.push(`docs/errors.md has ${code}, which nothing uses`);
for (const { file, code, text } of texts) {
  const row = documented.get(code);
  const words = wordsOf(text);
  // A text that is put together elsewhere says nothing.
  if (row && words.size > 1 && words.isDisjointFrom(wordsOf(row))) {
    problems.push(`${file}: ${code} means something else in docs/errors.md: "${text.slice(0, 80)}"`);
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
