import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isNotFound, mainFile, resolveFrom } from '../module-resolution.js';
import { EmbeddedServerMissingError } from './connection.errors.js';

/** What `@rea/server` exports. */
type ServerPackage = typeof import('@rea/server');

/**
 * Loads `@rea/server`, which an application has among its development dependencies. It is no dependency of this package,
 * not even an optional peer: npm would then install it, and with it the Restate server, also for production.
 *
 * @throws EmbeddedServerMissingError when it is not installed
 */
export async function loadServerPackage(): Promise<ServerPackage> {
  try {
    return await import('@rea/server');
  } catch (error) {
    if (!isNotFound(error)) throw error;
    // Where packages see only what they declare (pnpm), it is the application's to find.
    const main = mainFile();
    const folders = [...(main === undefined ? [] : [dirname(main)]), process.cwd()];
    const files = folders.map((folder) => join(folder, 'package.json'));
    const file = resolveFrom(files, '@rea/server');
    if (file === undefined) throw new EmbeddedServerMissingError(folders, error);
    return (await import(pathToFileURL(file).href)) as ServerPackage;
  }
}
