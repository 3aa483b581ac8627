/**
 * Fails when docs/errors.md and the codes in the packages' sources do not match, when a code stands there twice or out of
 * order, and when a row would not be rendered as one of a table.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (file) => readFileSync(join(root, file), 'utf8');

const used = new Set(
  globSync('packages/*/src/**/*.ts', { cwd: root }).flatMap((file) => read(file).match(/REA\d{4}/g) ?? []),
);
const documented = new Set();
const problems = [];

/** The cells of the table that the previous line belongs to; 0 outside of tables. */
let columns = 0;
let previous = '';
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
    documented.add(code);
    previous = code;
  } else if (isRow) {
    if (columns === 0) columns = cells;
  } else {
    columns = 0;
    if (line.startsWith('#')) previous = '';
  }
}

for (const code of used) if (!documented.has(code)) problems.push(`${code} is not in docs/errors.md`);
for (const code of documented) if (!used.has(code)) problems.push(`docs/errors.md has ${code}, which nothing uses`);
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
