import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BinaryNotFoundError, UnsupportedPlatformError } from './errors.js';

const supported = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/**
 * Path of the restate-server executable for this machine.
 *
 * The environment variable `RESTATE_SERVER_BINARY` wins. Otherwise it is the binary of the npm package
 * `@restatedev/restate-server-<platform>-<arch>`, looked up where `@restatedev/restate-server` looks, and then from the
 * working directory, so that an application may install it by itself.
 *
 * @throws {UnsupportedPlatformError} where Restate ships no binary (Windows, for example)
 * @throws {BinaryNotFoundError} when the package is not installed or the file is not executable
 */
export function restateBinaryPath(): string {
  const platform = `${process.platform}-${process.arch}`;
  const override = process.env['RESTATE_SERVER_BINARY'];
  if (process.platform === 'win32') {
    throw new UnsupportedPlatformError(
      'Restate ships no server for Windows. Run this inside WSL 2, or connect to a Restate server in a container.',
    );
  }
  if (override) {
    return executable(override, 'RESTATE_SERVER_BINARY names it. Correct or unset that variable.');
  }
  if (!supported.includes(platform)) {
    throw new UnsupportedPlatformError(
      `Restate ships no server for ${platform}, only for ${supported.join(', ')}. ` +
        'Set RESTATE_SERVER_BINARY to a binary of your own, or connect to a Restate server that runs elsewhere.',
    );
  }
  for (const require of [createRequire(import.meta.url), createRequire(join(process.cwd(), 'package.json'))]) {
    const found = resolveFrom(require, `@restatedev/restate-server-${platform}/bin/restate-server`);
    if (found !== undefined) {
      return executable(found, 'Reinstall it: npm install @restatedev/restate-server');
    }
  }
  throw new BinaryNotFoundError(
    `The Restate server for ${platform} is not installed: it is an optional dependency. ` +
      'Install it with: npm install @restatedev/restate-server (without --omit=optional), ' +
      `or set RESTATE_SERVER_BINARY. Supported platforms: ${supported.join(', ')}.`,
  );
}

/** Package managers with strict layouts show the platform's package only to `@restatedev/restate-server` itself. */
function resolveFrom(require: NodeJS.Require, specifier: string): string | undefined {
  try {
    return require.resolve(specifier);
  } catch {
    try {
      return createRequire(require.resolve('@restatedev/restate-server/package.json')).resolve(specifier);
    } catch {
      return undefined;
    }
  }
}

function executable(path: string, cure: string): string {
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch (cause) {
    throw new BinaryNotFoundError(`The Restate server ${path} does not exist or is not executable. ${cure}`, { cause });
  }
}
