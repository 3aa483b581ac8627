import { ReaError } from '../rea.error.js';

/** `server: 'embedded'` without the package that holds the server. */
export class EmbeddedServerMissingError extends ReaError {
  readonly code = 'REA1015';

  /** @param folders of the application, where it was looked for */
  constructor(folders: readonly string[], cause: unknown) {
    super(
      `REA1015: server: 'embedded' needs the package @rea/server, which is installed neither beside @rea/core nor for ${[...new Set(folders)].join(' or ')}. Run: npm install --save-dev @rea/server. In production use your own Restate server: server: { ingressUrl, adminUrl }.`,
      { cause },
    );
  }
}

/** The embedded server ended by itself. */
export class EmbeddedServerStoppedError extends ReaError {
  readonly code = 'REA1016';

  constructor(exit: { readonly code: number | null; readonly signal: string | null }, logFile = 'Its log') {
    super(
      `REA1016: The embedded Restate server has stopped (${exit.signal ?? `exit code ${exit.code}`}); nothing durable runs until the application is restarted. ${logFile} says why.`,
    );
  }
}
