import { readFileSync } from 'node:fs';

const ROOT = new URL('../../../../', import.meta.url);

/** A file of the repository, by its path from the root. */
export function fileText(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}
