import { ReaError } from '@rea/core';

/** A part of `ObservabilityModule` is on, and a package that it needs is not installed. */
export class MissingPackageError extends ReaError {
  readonly code = 'REA1070';

  constructor(part: string, packages: readonly string[], cause: unknown) {
    super(
      `REA1070: ObservabilityModule.forRoot({ ${part} }) needs packages that are not installed (${(cause as Error).message}). Run: npm install ${packages.join(' ')}`,
      { cause },
    );
  }
}

/** Loads a part. @throws MissingPackageError when a package is missing, naming all that the part needs */
export async function loadPart<T>(part: string, packages: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new MissingPackageError(part, packages, error);
  }
}
