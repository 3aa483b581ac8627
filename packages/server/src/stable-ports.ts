import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dataDirectoryHolder } from './data-directory-lock.js';
import { DataDirectoryInUseError, InvalidOptionsError, PortInUseError } from './errors.js';
import { freePort, isPortFree } from './free-port.js';
import { hasCode } from './node-error.js';

/** Options of {@link stablePorts}. */
export interface StablePortsOptions {
  /** The address on which the ports will be used. Default `127.0.0.1`. */
  readonly host?: string | undefined;
}

/** Ports, and which of them were picked just now rather than read back. */
export interface ResolvedPorts<N extends string> {
  readonly ports: Record<N, number>;
  readonly fresh: readonly N[];
}

/** The file, in the data directory, that keeps the ports. */
const portsFile = 'rea-ports.json';

/**
 * Ports that stay the same each time a program starts on a data directory: free loopback ports the first time, the same
 * ones ever after. In-flight invocations are pinned to the URI of their deployment, so an endpoint that came back on another
 * port could not finish them.
 *
 * They are kept in `rea-ports.json` in the directory. Calls within one process are serialised; two processes on one
 * directory are kept apart by the {@link DataDirectoryLock}.
 *
 * @param baseDir the data directory; created where needed
 * @param names what the ports are for; each name keeps its port
 * @throws {PortInUseError} when another program has a persisted port: another one is never taken in silence
 * @throws {DataDirectoryInUseError} when that program is another live owner of the data directory
 */
export async function stablePorts<const N extends string>(
  baseDir: string,
  names: readonly N[],
  options: StablePortsOptions = {},
): Promise<Record<N, number>> {
  return (await resolveStablePorts(baseDir, names, options)).ports;
}

/** {@link stablePorts}, which also tells the new ports from the persisted ones. */
export function resolveStablePorts<const N extends string>(
  baseDir: string,
  names: readonly N[],
  options: StablePortsOptions = {},
): Promise<ResolvedPorts<N>> {
  const directory = resolve(baseDir);
  const host = options.host ?? '127.0.0.1';
  return serialised(directory, async () => {
    const kept = await read(directory);
    const known = new Map(kept);
    const fresh: N[] = [];
    for (const name of names) {
      const port = known.get(name);
      if (port === undefined) {
        known.set(name, await freePort(host, name));
        fresh.push(name);
      } else if (!(await isPortFree(port, host))) {
        const holder = await dataDirectoryHolder(directory);
        if (holder !== undefined && holder !== process.pid) throw new DataDirectoryInUseError(directory, holder);
        throw persistedPortInUse(port, name, directory);
      }
    }
    if (fresh.length > 0) await write(directory, known);
    const ports = Object.fromEntries(names.map((name) => [name, known.get(name)])) as Record<N, number>;
    return { ports, fresh };
  });
}

/** Drops ports that were picked but lost to another program before they were ever used. */
export function forgetPorts(baseDir: string, names: readonly string[]): Promise<void> {
  const directory = resolve(baseDir);
  return serialised(directory, async () => {
    const known = new Map(await read(directory));
    for (const name of names) known.delete(name);
    await write(directory, known);
  });
}

/** The error for a persisted port that somebody else has. */
export function persistedPortInUse(port: number, name: string, directory: string): PortInUseError {
  return new PortInUseError(
    port,
    name,
    `The port is kept in ${join(directory, portsFile)}, since invocations in flight expect it. Stop the program that ` +
      `listens there (lsof -i :${port} shows it), or, if nothing is in flight, delete "${name}" from that file to get a new port.`,
  );
}

const queues = new Map<string, Promise<unknown>>();

function serialised<T>(directory: string, task: () => Promise<T>): Promise<T> {
  const result = (queues.get(directory) ?? Promise.resolve()).then(task);
  const settled = result.then(
    () => undefined,
    () => undefined,
  );
  queues.set(directory, settled);
  void settled.then(() => {
    if (queues.get(directory) === settled) queues.delete(directory);
  });
  return result;
}

async function read(directory: string): Promise<[string, number][]> {
  const file = join(directory, portsFile);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
    return Object.entries(value).map(([name, port]: [string, unknown]) => {
      if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
        throw new TypeError(`"${name}" is not a port`);
      }
      return [name, port];
    });
  } catch (cause) {
    throw new InvalidOptionsError(
      `${file} is damaged: it must be a JSON object of port numbers. Correct it, or delete it to get new ports.`,
      { cause },
    );
  }
}

async function write(directory: string, ports: Map<string, number>): Promise<void> {
  await mkdir(directory, { recursive: true });
  const partial = join(directory, `${portsFile}.${randomUUID()}`);
  await writeFile(partial, `${JSON.stringify(Object.fromEntries(ports), null, 2)}\n`, { flag: 'wx' });
  await rename(partial, join(directory, portsFile));
}
