import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The file that the application was started with; undefined where there is none, as in `node -e`. */
export function mainFile(): string | undefined {
  const [, main] = process.argv;
  if (main === undefined) return undefined;
  try {
    return realpathSync(main);
  } catch {
    return main; // without its extension
  }
}

/** What `name` stands for in the first of these files that finds it; undefined if none does. */
export function resolveFrom(files: readonly string[], name: string): string | undefined {
  for (const file of files) {
    try {
      return createRequire(file).resolve(name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return undefined;
}

/** Whether an import or its resolution failed because there is no such module. */
export function isNotFound(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
