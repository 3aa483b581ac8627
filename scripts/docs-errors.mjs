/** Fails when an error code in the packages' sources is missing from docs/errors.md, or the other way round. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const codesIn = (file) => readFileSync(join(root, file), 'utf8').match(/REA\d{4}/g) ?? [];

const used = new Set(globSync('packages/*/src/**/*.ts', { cwd: root }).flatMap(codesIn));
const documented = new Set(
  [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| (REA\d{4})/gm)].map(([, code]) => code),
);

const problems = [
  ...[...used].filter((code) => !documented.has(code)).map((code) => `${code} is not in docs/errors.md`),
  ...[...documented].filter((code) => !used.has(code)).map((code) => `docs/errors.md has ${code}, which nothing uses`),
];
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
