import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DataDirectoryLock } from './data-directory-lock.js';
import { InvalidOptionsError, PortInUseError, ServerReadyTimeoutError } from './errors.js';
import { accepts, freePort } from './free-port.js';
import { send } from './http.js';
import type { RestateClusterOptions } from './restate-cluster.options.js';
import { RestateServer } from './restate-server.js';
import { urlOf, type ServerPorts } from './server-settings.js';
import { forgetPorts, resolveStablePorts } from './stable-ports.js';

const maxPortAttempts = 5;

/**
 * Several real Restate servers that form one cluster on loopback, with replicated metadata and a replicated log: what a
 * test needs to see a node die while the others go on.
 *
 * Each node is a {@link RestateServer}, with all of its guarantees.
 *
 * @example
 * await using cluster = await RestateCluster.start();
 * await cluster.kill(0);
 * await cluster.ready(); // the survivors have taken over
 */
export class RestateCluster implements AsyncDisposable {
  /** The nodes, by index from 0. */
  readonly nodes: readonly RestateServer[];
  readonly #lock: DataDirectoryLock | undefined;
  readonly #readyTimeout: number;

  private constructor(nodes: readonly RestateServer[], lock: DataDirectoryLock | undefined, readyTimeout: number) {
    this.nodes = nodes;
    this.#lock = lock;
    this.#readyTimeout = readyTimeout;
  }

  /**
   * Starts the nodes and waits until each of them answers and every partition has a leader. When one fails, all are stopped.
   *
   * @throws what {@link RestateServer.start} throws, for the first node that failed
   */
  static async start(options: RestateClusterOptions = {}): Promise<RestateCluster> {
    const count = options.nodes ?? 3;
    const replication = options.replication ?? 2;
    if (!Number.isInteger(count) || count < 1) {
      throw new InvalidOptionsError(`nodes is ${count}, but a cluster has at least 1. Leave it out for 3.`);
    }
    if (!Number.isInteger(replication) || replication < 1 || replication > count) {
      throw new InvalidOptionsError(
        `replication is ${replication}, but ${count} nodes hold 1 to ${count} copies. Correct it, or raise nodes.`,
      );
    }
    const indexes = Array.from({ length: count }, (_, index) => index);
    const baseDir = options.baseDir === undefined ? undefined : resolve(options.baseDir);
    const lock = baseDir === undefined ? undefined : await DataDirectoryLock.acquire(baseDir);
    try {
      // The servers of an owner that crashed may still hold the ports.
      if (baseDir !== undefined)
        await Promise.all(indexes.map((index) => waitForOrphans(nodeDirectory(baseDir, index))));
      for (let attempt = 1; ; attempt += 1) {
        const { ports, fresh } = await choosePorts(indexes, baseDir, options.host);
        try {
          const nodes = await startNodes(ports, baseDir, { ...options, replication });
          const cluster = new RestateCluster(nodes, lock, options.readyTimeout ?? 60_000);
          try {
            await cluster.ready();
          } catch (error) {
            await Promise.all(nodes.map((node) => node.stop()));
            throw error;
          }
          return cluster;
        } catch (error) {
          const retry = error instanceof PortInUseError && fresh.length > 0 && attempt < maxPortAttempts;
          if (!retry) throw error;
          if (baseDir !== undefined) await forgetPorts(baseDir, fresh);
        }
      }
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  /** Where clients call services, for each node. No trailing slashes. */
  get ingressUrls(): string[] {
    return this.nodes.map((node) => node.ingressUrl);
  }

  /** The admin API of each node. No trailing slashes. */
  get adminUrls(): string[] {
    return this.nodes.map((node) => node.adminUrl);
  }

  /**
   * Waits until every node that runs answers queries and together they lead all partitions, for example after a
   * {@link kill}. It takes a majority of nodes.
   *
   * @param timeout milliseconds; default: the `readyTimeout` of the start
   * @throws {ServerReadyTimeoutError}
   */
  async ready(timeout = this.#readyTimeout): Promise<void> {
    const deadline = Date.now() + timeout;
    for (;;) {
      const missing = await this.#missing();
      if (missing === undefined) return;
      if (Date.now() > deadline) {
        throw new ServerReadyTimeoutError(
          `The Restate cluster was not ready after ${timeout} ms: ${missing}. A majority of its nodes must run. ` +
            'Restart nodes, or raise readyTimeout on a slow machine.',
          this.nodes.flatMap((node) => node.logs(10)),
        );
      }
      await delay(50);
    }
  }

  /** SIGKILL to one node. Its data stays. */
  async kill(index: number): Promise<void> {
    await this.#node(index).kill();
  }

  /** Starts one node again on its data and ports; a running one is stopped first. Resolves when it answers. */
  async restart(index: number): Promise<void> {
    await this.#node(index).restart();
  }

  /** Stops all nodes. Resolves when they are gone and temporary directories are removed. Idempotent. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.#lock?.release();
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #node(index: number): RestateServer {
    const node = this.nodes[index];
    if (node === undefined) {
      throw new InvalidOptionsError(`The cluster has no node ${index}. Its nodes are 0 to ${this.nodes.length - 1}.`);
    }
    return node;
  }

  async #missing(): Promise<string | undefined> {
    const running = this.nodes.filter((node) => node.running);
    if (running.length === 0) return 'no node runs';
    try {
      const counts = await Promise.all(
        running.map(async (node) => {
          const query = 'select count(1) from sys_invocation';
          const answer = await send(`${node.adminUrl}/query`, { json: { query }, timeout: 2_000 });
          if (answer.status !== 200) throw new Error(`${node.adminUrl} answers ${answer.status} ${answer.body}`);
          const { body } = await send(`${node.nodeUrl}/metrics`, { timeout: 2_000 });
          return {
            partitions: gauge(body, 'restate_num_partitions'),
            leaders: gauge(body, 'restate_num_active_partition_leaders'),
          };
        }),
      );
      const partitions = Math.max(...counts.map((count) => count.partitions));
      const leaders = counts.reduce((sum, count) => sum + count.leaders, 0);
      return partitions > 0 && leaders >= partitions
        ? undefined
        : `${leaders} of ${partitions} partitions have a leader`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function nodeDirectory(baseDir: string, index: number): string {
  return join(baseDir, `node-${index + 1}`);
}

async function waitForOrphans(directory: string): Promise<void> {
  const lock = await DataDirectoryLock.acquire(directory);
  await lock.release();
}

async function choosePorts(
  indexes: readonly number[],
  baseDir: string | undefined,
  host = '127.0.0.1',
): Promise<{ ports: ServerPorts[]; fresh: readonly string[] }> {
  const names = indexes.flatMap((index) => ['ingress', 'admin', 'node'].map((port) => `node-${index + 1}-${port}`));
  const { ports: byName, fresh } =
    baseDir === undefined
      ? { ports: Object.fromEntries(await pick(names, host)), fresh: names }
      : await resolveStablePorts(baseDir, names, { host });
  const port = (index: number, name: string): number => byName[`node-${index + 1}-${name}`] ?? 0;
  const ports = indexes.map((index) => ({
    ingress: port(index, 'ingress'),
    admin: port(index, 'admin'),
    node: port(index, 'node'),
  }));
  return { ports, fresh };
}

function pick(names: readonly string[], host: string): Promise<[string, number][]> {
  return Promise.all(names.map(async (name): Promise<[string, number]> => [name, await freePort(host, name)]));
}

async function startNodes(
  ports: readonly ServerPorts[],
  baseDir: string | undefined,
  options: RestateClusterOptions & { readonly replication: number },
): Promise<RestateServer[]> {
  const { nodes: _, replication, onLog, onUnexpectedExit, signal, env, ...common } = options;
  const host = common.host ?? '127.0.0.1';
  const failure = new AbortController();
  const started = await Promise.allSettled(
    ports.map(async (own, index) => {
      try {
        // The first node founds the cluster; the others must be there to join at once.
        if (index === 0) await listening(host, ports.slice(1), failure.signal);
        return await RestateServer.start({
          ...common,
          baseDir: baseDir === undefined ? undefined : nodeDirectory(baseDir, index),
          ingressPort: own.ingress,
          adminPort: own.admin,
          nodePort: own.node,
          signal: signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]),
          onLog: onLog && ((line) => onLog(line, index)),
          onUnexpectedExit: onUnexpectedExit && ((exit) => onUnexpectedExit(exit, index)),
          env: {
            RESTATE_NODE_NAME: `node-${index + 1}`,
            RESTATE_ADVERTISED_ADDRESS: urlOf(host, own.node),
            RESTATE_AUTO_PROVISION: String(index === 0),
            RESTATE_DEFAULT_REPLICATION: String(replication),
            RESTATE_METADATA_SERVER__TYPE: 'replicated',
            RESTATE_METADATA_CLIENT__ADDRESSES: JSON.stringify(ports.map((one) => urlOf(host, one.node))),
            RESTATE_BIFROST__DEFAULT_PROVIDER: 'replicated',
            // A node counts only when it has been up for this long (Restate's default: 5 s), and logs are placed on the nodes
            // that count. It must be longer than the nodes' starts lie apart: a log that only two nodes hold stops when
            // one of them dies.
            RESTATE_GOSSIP_SUSPECT_INTERVAL: '1500ms',
            ...env,
          },
        });
      } catch (error) {
        // The others would wait for this one until their time is up.
        failure.abort(error);
        throw error;
      }
    }),
  );
  const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (nodes.length === ports.length) return nodes;
  await Promise.all(nodes.map((node) => node.stop()));
  throw failure.signal.reason;
}

async function listening(host: string, ports: readonly ServerPorts[], signal: AbortSignal): Promise<void> {
  for (const { node } of ports) {
    while (!signal.aborted && !(await accepts(node, host))) await delay(25);
  }
}

/** The value of a gauge in Prometheus text; 0 when it is absent. */
function gauge(metrics: string, name: string): number {
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics)?.[1] ?? 0);
}
