import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { restateBinaryPath } from './binary.js';
import { DataDirectoryLock } from './data-directory-lock.js';
import { DataDirectoryInUseError, PortInUseError, ServerReadyTimeoutError, ServerStartError } from './errors.js';
import { freePort, isPortFree } from './free-port.js';
import { send } from './http.js';
import type { LogBuffer } from './log-buffer.js';
import { LogFile } from './log-file.js';
import type { RestateServerOptions } from './restate-server.options.js';
import { identityKeyOf, serverEnvironment, urlOf, type ServerPorts } from './server-settings.js';
import { forgetPorts, persistedPortInUse, resolveStablePorts } from './stable-ports.js';
import { SupervisedProcess, type ServerExit } from './supervised-process.js';

/** Where and how to launch a server. */
export interface LaunchPlan {
  readonly baseDir: string;
  readonly temporary: boolean;
  readonly options: RestateServerOptions;
  /** The ports of the run before, for a restart. */
  readonly previousPorts: ServerPorts | undefined;
  readonly logs: LogBuffer;
}

/** A ready server process. */
export interface Launched {
  readonly process: SupervisedProcess;
  readonly ports: ServerPorts;
  readonly identityPublicKey: string | undefined;
  /** Settles when the process is gone and the data directory is free for others. */
  readonly finished: Promise<ServerExit>;
}

const portNames = ['ingress', 'admin', 'node'] as const;
const maxPortAttempts = 10;
/** How long a server that nobody recorded may need to leave the data directory, in milliseconds. */
const unknownOrphanTimeout = 10_000;

/** Locks the data directory, starts a server on it, and waits until it is ready; leaves nothing behind when that fails. */
export async function launch(plan: LaunchPlan): Promise<Launched> {
  const binary = restateBinaryPath();
  await mkdir(plan.baseDir, { recursive: true });
  const lock = await DataDirectoryLock.acquire(plan.baseDir);
  const file = plan.options.logFile === true ? new LogFile(plan.baseDir) : undefined;
  plan.logs.copyTo(file);
  try {
    const identityKey = await identityKeyOf(plan.options, plan.baseDir);
    const locked = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      plan.options.signal?.throwIfAborted();
      const choices = await choosePorts(plan);
      const ports = { ingress: choices.ingress.port, admin: choices.admin.port, node: choices.node.port };
      plan.options.onProgress?.(`Starting a Restate server on ${plan.baseDir}`);
      const child = await SupervisedProcess.start({
        binary,
        env: serverEnvironment(plan.options, plan.baseDir, ports, identityKey?.privateKeyFile),
        logs: plan.logs,
        removeWhenOrphaned: plan.temporary ? plan.baseDir : undefined,
      });
      try {
        await lock.setServer(child.pid);
        await awaitReady(child, ports, plan);
        const finished = child.exited.then(async (exit) => {
          file?.close();
          await lock.release();
          return exit;
        });
        return { process: child, ports, identityPublicKey: identityKey?.publicKey, finished };
      } catch (error) {
        await child.kill();
        if (!(error instanceof ServerStartError)) throw error;
        const log = error.logs.join('\n');
        if (log.includes('db is locked')) {
          // A crash before the owner could record its server leaves one that the lock knows nothing of.
          if (Date.now() - locked > unknownOrphanTimeout) {
            throw new DataDirectoryInUseError(plan.baseDir, undefined, { cause: error });
          }
          await delay(200);
        } else {
          await handlePortConflict(log, choices, plan, attempt, error);
        }
      }
    }
  } catch (error) {
    file?.close();
    await lock.release();
    throw error;
  }
}

/** A port, and who chose it. */
interface PortChoice {
  readonly port: number;
  readonly origin: 'requested' | 'persisted' | 'free';
}

type PortChoices = Record<keyof ServerPorts, PortChoice>;

async function choosePorts({ baseDir, temporary, options, previousPorts }: LaunchPlan): Promise<PortChoices> {
  const host = options.host ?? '127.0.0.1';
  const requested: Partial<Record<keyof ServerPorts, number | undefined>> = previousPorts ?? {
    ingress: options.ingressPort,
    admin: options.adminPort,
    node: options.nodePort,
  };
  const open = portNames.filter((name) => (requested[name] ?? 0) === 0);
  const kept = temporary || open.length === 0 ? undefined : await resolveStablePorts(baseDir, open, { host });
  const choose = async (name: keyof ServerPorts): Promise<PortChoice> => {
    const port = requested[name] ?? 0;
    if (port !== 0) {
      if (!(await isPortFree(port, host))) throw requestedPortInUse(port, name);
      return { port, origin: 'requested' };
    }
    if (kept === undefined) return { port: await freePort(host, name), origin: 'free' };
    return { port: kept.ports[name], origin: kept.fresh.includes(name) ? 'free' : 'persisted' };
  };
  return { ingress: await choose('ingress'), admin: await choose('admin'), node: await choose('node') };
}

/** Returns when the ports may be picked again; throws in every other case. */
async function handlePortConflict(
  log: string,
  choices: PortChoices,
  { baseDir, temporary }: LaunchPlan,
  attempt: number,
  error: ServerStartError,
): Promise<void> {
  const port = Number(/failed binding to address '[^']*:(\d+)': Address(?: already)? in use/.exec(log)?.[1]);
  const name = portNames.find((candidate) => choices[candidate].port === port);
  if (name === undefined) throw error;
  const { origin } = choices[name];
  if (origin === 'requested') throw requestedPortInUse(port, name, { cause: error });
  if (origin === 'persisted') throw persistedPortInUse(port, name, baseDir);
  if (attempt >= maxPortAttempts) throw error;
  if (!temporary) await forgetPorts(baseDir, [name]);
}

function requestedPortInUse(port: number, name: keyof ServerPorts, options?: ErrorOptions): PortInUseError {
  return new PortInUseError(
    port,
    name,
    `Stop the program that listens there (lsof -i :${port} shows it), or give another ${name}Port.`,
    options,
  );
}

/**
 * Waits for a true answer of the query engine, which comes after that of the health check, and for the ingress.
 * A process that ends is reported at once.
 */
async function awaitReady(child: SupervisedProcess, ports: ServerPorts, plan: LaunchPlan): Promise<void> {
  const { options, logs } = plan;
  const host = options.host ?? '127.0.0.1';
  const started = Date.now();
  const timeout = options.readyTimeout ?? 60_000;
  const done = new AbortController();
  let lastAnswer = 'no answer yet';
  const poll = async (): Promise<'ready' | 'late'> => {
    let told = started;
    while (!done.signal.aborted) {
      options.signal?.throwIfAborted();
      const answer = await readiness(host, ports);
      if (answer === undefined) return 'ready';
      lastAnswer = answer;
      const now = Date.now();
      if (now - started > timeout) return 'late';
      if (now - told > 5_000) {
        told = now;
        options.onProgress?.(
          `Still waiting for the Restate server after ${Math.round((now - started) / 1_000)} s: ${answer}`,
        );
      }
      await delay(25);
    }
    return 'late';
  };
  const outcome = await Promise.race([poll(), child.exited]).finally(() => {
    done.abort();
  });
  if (outcome === 'ready') {
    options.onProgress?.(`The Restate server is ready after ${((Date.now() - started) / 1_000).toFixed(1)} s`);
    return;
  }
  const lines = logs.last(30);
  const log = lines.length === 0 ? 'It logged nothing.' : `Its last log lines:\n${lines.join('\n')}`;
  if (outcome === 'late') {
    throw new ServerReadyTimeoutError(
      `The Restate server was not ready after ${timeout} ms (${lastAnswer}), so it was stopped. ` +
        `Raise readyTimeout on a slow machine, or find the cause in its log. ${log}`,
      lines,
    );
  }
  const end = outcome.signal === null ? `exit code ${outcome.code}` : outcome.signal;
  throw new ServerStartError(
    `The Restate server ended (${end}) before it was ready on ${plan.baseDir}. ` +
      `The log names the cause; a setting that it does not know comes from the option env. ${log}`,
    lines,
  );
}

/** What is missing until the server is ready; `undefined` when nothing is. */
async function readiness(host: string, ports: ServerPorts): Promise<string | undefined> {
  try {
    const query = await send(`${urlOf(host, ports.admin)}/query`, {
      json: { query: 'select count(1) from sys_invocation' },
      timeout: 2_000,
    });
    if (query.status !== 200) return `the query engine answers ${query.status} ${query.body}`;
    const ingress = await send(`${urlOf(host, ports.ingress)}/restate/health`, { timeout: 2_000 });
    return ingress.status === 200 ? undefined : `the ingress answers ${ingress.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
