// Packs every package and examines the tarball: what a user installs, not what the workspace happens to resolve.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { publishedPackages, root } from './packages.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'rea-pack-'));
let failed = false;

try {
  for (const { name, folder, manifest } of publishedPackages()) {
    const problems = check(name, folder, manifest);
    console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${manifest.name}`);
    for (const problem of problems) console.log(problem.replace(/^/gm, '       '));
    failed ||= problems.length > 0;
  }
} finally {
  rmSync(scratch, { recursive: true });
}
process.exitCode = failed ? 1 : 0;

function check(name, folder, manifest) {
  const target = join(scratch, name);
  mkdirSync(target);
  const packed = run('npm', ['pack', '--silent', '--pack-destination', target], folder);
  if (packed.problem) return [packed.problem];

  const tarball = join(target, packed.stdout.trim());
  run('tar', ['-xzf', tarball, '-C', target], root);
  return [
    manifest.engines?.node ? undefined : 'package.json says no engines.node',
    ...contentProblems(join(target, 'package')),
    run('publint', ['run', tarball, '--strict'], root).problem,
    // Our packages are ESM only, as Nest 12 is.
    run('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'ascii'], root).problem,
  ].filter((problem) => problem !== undefined);
}

function contentProblems(unpacked) {
  const strayMaps = [];
  const problems = ['LICENSE', 'README.md'].filter((file) => !existsSync(join(unpacked, file))).map((f) => `no ${f}`);

  for (const entry of readdirSync(unpacked, { recursive: true })) {
    const path = join(unpacked, entry);
    if (!statSync(path).isFile()) continue;
    if (/(^|[/\\])(test|tests|__tests__)[/\\]|\.(test|test-d|spec)\.|\.tsbuildinfo$/.test(entry)) {
      problems.push(`${entry} is not for users`);
    }
    const text = readFileSync(path, 'utf8');
    if (text.includes(root.replace(/[/\\]$/, ''))) problems.push(`${entry} names a folder of this machine`);
    if (entry.endsWith('.map') && !isSelfContained(path, unpacked, JSON.parse(text))) strayMaps.push(entry);
  }
  if (strayMaps.length > 0) {
    problems.push(`sources of ${strayMaps.length} maps are not in the package, the first are those of ${strayMaps[0]}`);
  }
  return problems;
}

/** A source map that points outside the package sends debuggers and "go to definition" to nowhere. */
function isSelfContained(path, unpacked, { sources, sourcesContent, sourceRoot = '' }) {
  return sources.every((source, index) => {
    const target = resolve(dirname(path), sourceRoot, source);
    return !relative(unpacked, target).startsWith('..') && (sourcesContent?.[index] || existsSync(target));
  });
}

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return { stdout };
  return { problem: `${command}: ${error?.message ?? `${stdout}${stderr}`.trim()}` };
}
