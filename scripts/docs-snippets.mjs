/**
 * Keeps the code in README.md, docs/ and the packages' READMEs equal to files that are compiled and tested. A block that
 * follows `<!-- snippet: docs/examples/cart.object.ts#object -->` holds that region of that file.
 *
 * `node scripts/docs-snippets.mjs` writes the blocks; with `--check` it fails on a difference, and on TypeScript blocks
 * without such a line.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');
const pages = globSync(['README.md', 'docs/**/*.md', 'packages/*/README.md', 'apps/*/README.md'], {
  cwd: root,
  exclude: (name) => name.includes('node_modules'),
});

const BLOCK = /(<!-- snippet: (\S+?)#(\S+) -->\n+)?```(\w*)\n([\s\S]*?)```/g;
const problems = [];

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8');
  const next = text.replace(BLOCK, (block, marker, file, region, language) => {
    if (!marker) {
      if (['ts', 'typescript'].includes(language))
        problems.push(`${page}: a TypeScript block is not tied to a tested file`);
      return block;
    }
    const extension = file.slice(file.lastIndexOf('.') + 1);
    return `${marker}\`\`\`${extension}\n${regionOf(page, file, region)}\n\`\`\``;
  });
  if (next === text) continue;
  if (check) problems.push(`${page}: a block differs from its file; run "npm run docs"`);
  else writeFileSync(join(root, page), next);
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

function regionOf(page, file, region) {
  const source = readFileSync(join(root, file), 'utf8');
  const start = source.indexOf(`// #region ${region}\n`);
  const end = source.indexOf(`// #endregion ${region}`);
  if (start < 0 || end < 0) throw new Error(`${page} names the region ${region} of ${file}, which is not there.`);
  const lines = source
    .slice(source.indexOf('\n', start) + 1, end)
    .trimEnd()
    .split('\n');
  const indent = Math.min(...lines.filter((line) => line !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}
