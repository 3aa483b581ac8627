import type { z } from 'zod';

/** An environment variable has a value that the app cannot work with. */
export class SettingsError extends Error {
  override name = 'SettingsError';

  constructor(issues: readonly z.core.$ZodIssue[]) {
    super(`Check the environment: ${issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
  }
}
