import { ObservabilityError } from './observability.errors.js';

/** Loads a part. @throws ObservabilityError when a package is missing, naming all that the part needs */
export async function loadPart<T>(part: string, packages: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ObservabilityError(
      'REA1070',
      `ObservabilityModule.forRoot({ ${part} }) needs a package that is not installed (${(error as Error).message}).`,
      `Run: npm install ${packages.join(' ')}`,
      { cause: error },
    );
  }
}
