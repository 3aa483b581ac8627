import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { mainFile, resolveFrom } from './module-resolution.js';
import { ReaError } from './rea.error.js';

/** Two copies of the Restate SDK: what one throws, the other does not recognise. */
export class SecondSdkError extends ReaError {
  readonly code = 'REA1021';

  constructor(own: string, other: string) {
    const cure = other.endsWith('.cjs')
      ? 'The latter was loaded with require(): make what requires it an ES module, the application (docs/getting-started.md) or a library'
      : 'Install one version; "npm ls @restatedev/restate-sdk" shows who brings the other';
    super(
      `REA1021: The process has two copies of @restatedev/restate-sdk: Rea uses ${own}, the application ${other}. A TerminalError of the one is an unknown error to the other, and would be retried for ever. ${cure}.`,
    );
  }
}

const NAME = '@restatedev/restate-sdk';
const COMMONJS_ENTRY = [...NAME.split('/'), 'dist', 'index.cjs'].join(sep);

/** The copies of the SDK that can be told from inside: folders of packages, and files that were required. */
export interface SdkCopies {
  /** The one that Rea imports; undefined where it is bundled. */
  readonly own: string | undefined;
  /** The one that the application's first file would import; undefined where that cannot be told. */
  readonly application: string | undefined;
  /** The CommonJS builds in this process. */
  readonly required: readonly string[];
}

/** A second ES module, brought by a library, is the one that cannot be told: Node shows none that it has loaded. */
export function findSdkCopies(): SdkCopies {
  const main = mainFile();
  // What a tool starts (a test runner, a process manager) says nothing about the application.
  const isTool = main?.split(sep).includes('node_modules') ?? true;
  return {
    own: packageFolder(import.meta.url),
    application: isTool || main === undefined ? undefined : packageFolder(main),
    required: Object.keys(createRequire(import.meta.url).cache).filter((file) => file.endsWith(COMMONJS_ENTRY)),
  };
}

/** @throws SecondSdkError */
export function checkSdk({ own, application, required }: SdkCopies): void {
  if (own === undefined) return;
  const [commonJs] = required;
  if (commonJs !== undefined) throw new SecondSdkError(own, commonJs);
  if (application !== undefined && application !== own) throw new SecondSdkError(own, application);
}

function packageFolder(from: string): string | undefined {
  const manifest = resolveFrom([from], `${NAME}/package.json`);
  return manifest && dirname(manifest);
}
