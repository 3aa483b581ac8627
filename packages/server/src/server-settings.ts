import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidOptionsError } from './errors.js';
import { loadIdentityKey, type IdentityKey } from './identity-key.js';
import type { RestateServerOptions } from './restate-server.options.js';

/** The three ports of a server. */
export interface ServerPorts {
  readonly ingress: number;
  readonly admin: number;
  readonly node: number;
}

/** Without what says nothing about the server: its update check, and queries that come too early while it gets ready. */
const defaultLogFilter = 'warn,restate=info,octocrab=off,restate_admin::query_utils=error';

/** What a timer of Node can wait, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The settings that the options own, and the option to use instead. */
const owned: Readonly<Record<string, string>> = {
  RESTATE_BASE_DIR: 'baseDir',
  RESTATE_BIND_ADDRESS: 'nodePort and host',
  RESTATE_BIND_IP: 'host',
  RESTATE_BIND_PORT: 'nodePort',
  RESTATE_INGRESS__BIND_ADDRESS: 'ingressPort and host',
  RESTATE_ADMIN__BIND_ADDRESS: 'adminPort and host',
};

/**
 * Refuses options that cannot work, before anything is touched.
 *
 * @throws {InvalidOptionsError}
 */
export function checkOptions(options: RestateServerOptions): void {
  for (const name of ['ingressPort', 'adminPort', 'nodePort'] as const) {
    const port = options[name];
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
      throw new InvalidOptionsError(
        `${name} is ${port}, which is no port. Give 1 to 65535, or leave it out for a free one.`,
      );
    }
  }
  for (const name of ['readyTimeout', 'stopTimeout'] as const) {
    const millis = options[name];
    if (millis !== undefined && !(typeof millis === 'number' && millis >= 0 && millis <= LONGEST_TIMER)) {
      throw new InvalidOptionsError(
        `${name} is ${String(millis)}. Give a number of milliseconds from 0 to ${LONGEST_TIMER}.`,
      );
    }
  }
  const { partitions } = options;
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions >= 1)) {
    throw new InvalidOptionsError(`partitions is ${partitions}, but a server has at least 1. Leave it out for 1.`);
  }
  if (options.identityKey !== undefined && options.identityKeyFile !== undefined) {
    throw new InvalidOptionsError(
      'Both identityKey and identityKeyFile are given, but a server signs with one key. Give one.',
    );
  }
  for (const [name, option] of Object.entries(owned)) {
    if (options.env?.[name] !== undefined) {
      throw new InvalidOptionsError(
        `env.${name} would move the server behind the back of its own URLs. Use the option ${option}.`,
      );
    }
  }
}

/** The identity key of the options, with a file that the server can read. */
export async function identityKeyOf(options: RestateServerOptions, baseDir: string): Promise<IdentityKey | undefined> {
  if (options.identityKeyFile !== undefined) return loadIdentityKey(options.identityKeyFile);
  const key = options.identityKey;
  if (key === undefined || key.privateKeyFile !== undefined) return key;
  const privateKeyFile = join(baseDir, 'identity-key.pem');
  await writeFile(privateKeyFile, key.privateKeyPem, { mode: 0o600 });
  return { ...key, privateKeyFile };
}

/** The environment of the server process. */
export function serverEnvironment(
  options: RestateServerOptions,
  baseDir: string,
  ports: ServerPorts,
  identityKeyFile: string | undefined,
): NodeJS.ProcessEnv {
  const host = options.host ?? '127.0.0.1';
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('RESTATE_'));
  return {
    ...Object.fromEntries(inherited),
    // A fixed name: the server keeps its data below it, and the machine's own name may change between two starts.
    RESTATE_NODE_NAME: 'rea',
    RESTATE_CLUSTER_NAME: 'rea',
    RESTATE_BASE_DIR: baseDir,
    RESTATE_BIND_ADDRESS: address(host, ports.node),
    RESTATE_INGRESS__BIND_ADDRESS: address(host, ports.ingress),
    RESTATE_ADMIN__BIND_ADDRESS: address(host, ports.admin),
    // Unix sockets live under the data directory, and the system limits the length of their paths.
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_DEFAULT_NUM_PARTITIONS: String(options.partitions ?? 1),
    RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: options.rocksdbMemory ?? '128 MiB',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_DISABLE_ANSI_CODES: 'true',
    RESTATE_LOG_FILTER: options.logFilter ?? defaultLogFilter,
    ...(identityKeyFile === undefined
      ? {}
      : { RESTATE_WORKER__INVOKER__REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE: identityKeyFile }),
    ...(options.alwaysReplay === true ? { RESTATE_WORKER__INVOKER__INACTIVITY_TIMEOUT: '0s' } : {}),
    ...(options.retries === false
      ? {
          RESTATE_DEFAULT_RETRY_POLICY__MAX_ATTEMPTS: '1',
          RESTATE_DEFAULT_RETRY_POLICY__ON_MAX_ATTEMPTS: 'kill',
        }
      : {}),
    ...options.env,
  };
}

/** The URL under which this machine reaches a listener on `host`. */
export function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${address(reachable, port)}`;
}

function address(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
