import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { ReaModuleOptions } from './rea.options.js';

/** What a component's name on the server may hold, without the dot that separates its parts. */
export const APPLICATION_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/;

/** The options with the application's name resolved: the one that is given, or that of its package. */
export function withApplicationName(options: ReaModuleOptions): ReaModuleOptions {
  if (options.name !== undefined) return options;
  const name = packageName(startingPoints(process.argv[1], process.env, process.cwd()));
  return name === undefined ? options : { ...options, name };
}

/**
 * Where the application's package is looked for: at what the process was started with, unless that is a tool of a
 * dependency (a test runner, a process manager), then at the working directory.
 */
export function startingPoints(
  entry: string | undefined,
  { LAMBDA_TASK_ROOT: lambda }: NodeJS.ProcessEnv,
  cwd: string,
): string[] {
  const isTool = entry === undefined || resolve(entry).split(sep).includes('node_modules');
  return [...(lambda === undefined ? [] : [lambda]), ...(isTool ? [] : [dirname(resolve(entry))]), cwd];
}

/** The name of the nearest package upward that has one, made acceptable to Restate; undefined when there is none. */
export function packageName(directories: readonly string[]): string | undefined {
  for (const start of directories) {
    for (let directory = start; ; directory = dirname(directory)) {
      const name = nameIn(join(directory, 'package.json'));
      if (name !== undefined) return name;
      if (directory === dirname(directory)) break;
    }
  }
  return undefined;
}

function nameIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: unknown };
    return typeof name === 'string' ? escaped(name) : undefined;
  } catch {
    return undefined;
  }
}

/** `@acme/orders.api` is `acme-orders-api`: with its scope, since packages of two scopes may have one name. */
function escaped(name: string): string | undefined {
  const accepted = name.replaceAll(/[^a-zA-Z0-9_-]+/g, '-').replaceAll(/^[-_]+|-+$/g, '');
  return APPLICATION_NAME.test(accepted) ? accepted : undefined;
}
