import { ReaError } from './rea.error.js';

/** A module of Rea is imported in more than one place. */
export class ModuleImportError extends ReaError {
  readonly code = 'REA1023';

  constructor(module: string, count: number) {
    super(
      `REA1023: The application imports ${module} ${count} times, each time with options of its own. Call forRoot() or forRootAsync() once, in the root module: ${module} is global, and other modules need not import it. In tests, createTestApp() imports ReaModule and IngressModule itself.`,
    );
  }
}
