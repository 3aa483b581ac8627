import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const tsc = fileURLToPath(new URL('../../../../node_modules/typescript7/bin/tsc', import.meta.url));

/** What the application in `fixtures` says about itself. */
export interface GuardedRun {
  /** What was reported while each case was played: `REA2004 Date.now() at violations.mts:33:28`. */
  readonly reports: readonly {
    readonly kind: 'violation' | 'clean';
    readonly name: string;
    readonly found: readonly string[];
  }[];
  /** How often something was done after the attempt that had started it. */
  readonly afterwards: number;
  /** How many lines its own logger has written. */
  readonly logged: number;
}

/**
 * Compiles the fixtures as an application is compiled, to JavaScript with source maps and beside a `node_modules`, and
 * runs them in a process of their own that loads the guard before everything else.
 */
export async function runGuardedApp(): Promise<GuardedRun> {
  await mkdir(`${fixtures}/dist`, { recursive: true });
  const compiled = await mkdtemp(`${fixtures}/dist/run-`);
  try {
    await execute(process.execPath, [tsc, '-p', fixtures, '--outDir', compiled]);
    await cp(`${fixtures}/packages`, `${compiled}/node_modules`, { recursive: true });
    const args = ['--import', '@rea/core/determinism-guard', `${compiled}/app.mjs`];
    const { NODE_ENV: _, ...env } = process.env;
    const { stdout } = await execute(process.execPath, args, { cwd: fixtures, env, maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as GuardedRun;
  } finally {
    await rm(compiled, { recursive: true });
  }
}

/** The lines of the fixtures that say what is to be found there: `violations.mts:33` to `Date.now()`. */
export async function expectedFindings(): Promise<Map<string, string>> {
  const expected = new Map<string, string>();
  for (const file of ['violations.mts', 'clean.mts', 'clock.mts', 'app.mts']) {
    const lines = (await readFile(`${fixtures}/${file}`, 'utf8')).split('\n');
    for (const [index, line] of lines.entries()) {
      const what = / \/\/ finds (.+)$/.exec(line)?.[1];
      if (what) expected.set(`${file}:${index + 1}`, what);
    }
  }
  return expected;
}
