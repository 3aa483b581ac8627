import { setTimeout as wait } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { QueryError, ServerNotRunningError } from './errors.js';
import { send } from './http.js';
import { launch, type Launched, type LaunchPlan } from './launch.js';
import { LogBuffer } from './log-buffer.js';
import { LOG_FILE } from './log-file.js';
import type {
  RestateServerOptions,
  RestateServerRestartOptions,
  RestateServerStopOptions,
} from './restate-server.options.js';
import { checkOptions, urlOf } from './server-settings.js';
import type { ServerExit } from './supervised-process.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from './temporary-directory.js';

/** How long queries may go to a node that is gone, in milliseconds. */
const ROUTING_TIMEOUT = 10_000;

/**
 * A real Restate server as a child process, on loopback.
 *
 * It owns its data directory exclusively, survives neither `stop()` nor the death of this process (SIGKILL included), is not
 * hit by Ctrl-C, and comes back on the same data and the same ports after `restart()`.
 *
 * @example
 * await using server = await RestateServer.start();
 * const [row] = await server.query<{ n: number }>('select count(1) as n from sys_invocation');
 */
export class RestateServer implements AsyncDisposable {
  /** The data directory, absolute. */
  readonly baseDir: string;
  readonly #temporary: boolean;
  readonly #logs: LogBuffer;
  #options: RestateServerOptions;
  #run: Launched;
  #queue: Promise<unknown> = Promise.resolve();
  #removed = false;

  private constructor(plan: LaunchPlan, run: Launched) {
    this.baseDir = plan.baseDir;
    this.#temporary = plan.temporary;
    this.#logs = plan.logs;
    this.#options = plan.options;
    this.#run = run;
    this.#watch(run);
  }

  /**
   * Starts a server and waits until it is ready: its query engine answers on the admin port, and its ingress answers.
   *
   * Ports that nobody asked for are picked again when another program takes them first. With a `baseDir` they are kept in it
   * (see {@link stablePorts}).
   *
   * @throws {BinaryNotFoundError} or {UnsupportedPlatformError} when there is no server to start
   * @throws {DataDirectoryInUseError} when another live process has `baseDir`; nothing was touched
   * @throws {PortInUseError} when a port that was asked for or kept is taken
   * @throws {ServerStartError} as soon as the process ends before it is ready, with its last log lines
   * @throws {ServerReadyTimeoutError} when `readyTimeout` passes; the process is stopped again
   * @throws {IdentityKeyError} or {InvalidOptionsError} for options that cannot work
   */
  static async start(options: RestateServerOptions = {}): Promise<RestateServer> {
    checkOptions(options);
    const { baseDir } = options;
    const plan: LaunchPlan = {
      baseDir: baseDir === undefined ? await makeTemporaryDirectory() : resolve(baseDir),
      temporary: baseDir === undefined,
      options,
      previousPorts: undefined,
      logs: new LogBuffer(1_000, options.onLog),
    };
    try {
      return new RestateServer(plan, await launch(plan));
    } catch (error) {
      if (plan.temporary) await removeTemporaryDirectory(plan.baseDir);
      throw error;
    }
  }

  /** Where clients call services. No trailing slash. */
  get ingressUrl(): string {
    return urlOf(this.#host, this.#run.ports.ingress);
  }

  /** The admin API. No trailing slash. */
  get adminUrl(): string {
    return urlOf(this.#host, this.#run.ports.admin);
  }

  /** The port between nodes, which also serves `/metrics`. No trailing slash. */
  get nodeUrl(): string {
    return urlOf(this.#host, this.#run.ports.node);
  }

  /** Pid of the server process; after its end, the pid that it had. */
  get pid(): number {
    return this.#run.process.pid;
  }

  /** Whether the server process runs. */
  get running(): boolean {
    return this.#run.process.running;
  }

  /** The key by which endpoints recognise this server, if it signs its requests. */
  get identityPublicKey(): string | undefined {
    return this.#run.identityPublicKey;
  }

  /**
   * Lets this process end while the server runs, which ends with it. Without it a running server keeps the process alive.
   * A server that is started again by {@link restart} keeps it alive anew.
   */
  unref(): void {
    this.#run.process.unref();
  }

  /** Settles when the current server process has ended, for whatever reason. A restart makes a new promise. */
  get exited(): Promise<ServerExit> {
    return this.#run.finished;
  }

  /** Where the log is kept, if the option `logFile` asks for it. */
  get logFile(): string | undefined {
    return this.#options.logFile === true ? join(this.baseDir, LOG_FILE) : undefined;
  }

  /** The last lines of the log, oldest first. At most 1,000 are kept, across restarts. */
  logs(lines?: number): string[] {
    return this.#logs.last(lines);
  }

  /**
   * Runs a SQL query on Restate's introspection tables, for example `sys_invocation` or `state`.
   *
   * @typeParam T the row, which is not checked
   * @throws {QueryError} when the server refuses it
   * @throws {ServerNotRunningError} when the server does not run
   */
  async query<T = Record<string, unknown>>(sql: string): Promise<T[]> {
    if (!this.running) {
      throw new ServerNotRunningError(
        'The Restate server does not run, so it cannot be queried. Call restart() first.',
      );
    }
    const { status, body } = await this.#ask(sql);
    if (status !== 200) {
      throw new QueryError(
        `The Restate server refused the query with status ${status}: ${body} Check it against ` +
          `"select table_name from information_schema.tables". The query was: ${sql}`,
        status,
      );
    }
    return (JSON.parse(body) as { rows: T[] }).rows;
  }

  /** After a restart the server may route a query to its former self for a moment; it asks again until that is over. */
  async #ask(sql: string): ReturnType<typeof send> {
    const deadline = Date.now() + ROUTING_TIMEOUT;
    for (;;) {
      const answer = await send(`${this.adminUrl}/query`, { json: { query: sql }, timeout: 30_000 });
      if (answer.status !== 500 || !answer.body.includes('was shut down or removed')) return answer;
      if (Date.now() > deadline) return answer;
      await wait(50);
    }
  }

  /**
   * Stops the server: SIGTERM, then SIGKILL after `stopTimeout`. Resolves when the process is gone, the data directory is
   * free for others, and a temporary one is removed. Idempotent, also after a crash.
   */
  stop(options: RestateServerStopOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stopProcess();
      if (this.#temporary && options.keepData !== true) {
        await removeTemporaryDirectory(this.baseDir);
        this.#removed = true;
      }
    });
  }

  /** SIGKILL, as a crash of the machine would be. Resolves when the process is gone. The data stays. Idempotent. */
  async kill(): Promise<void> {
    await this.#run.process.kill();
    await this.#run.finished;
  }

  /**
   * Starts the server again on the same data and the same ports; a running one is stopped first.
   *
   * @param overrides options to change from now on
   * @throws {ServerNotRunningError} when `stop()` has removed the temporary data directory
   * @throws what {@link RestateServer.start} throws
   */
  restart(overrides: RestateServerRestartOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#removed) {
        throw new ServerNotRunningError(
          'The server had a temporary data directory, which stop() has removed, so it cannot be restarted on its data. ' +
            'Use stop({ keepData: true }), kill(), or restart() alone, or give start() a baseDir.',
        );
      }
      const options = { ...this.#options, ...overrides };
      checkOptions(options);
      await this.#stopProcess();
      const { ports } = this.#run;
      this.#run = await launch({
        baseDir: this.baseDir,
        temporary: this.#temporary,
        options,
        previousPorts: {
          ingress: overrides.ingressPort ?? ports.ingress,
          admin: overrides.adminPort ?? ports.admin,
          node: overrides.nodePort ?? ports.node,
        },
        logs: this.#logs,
      });
      this.#options = options;
      this.#watch(this.#run);
    });
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #host(): string {
    return this.#options.host ?? '127.0.0.1';
  }

  async #stopProcess(): Promise<void> {
    await this.#run.process.stop(this.#options.stopTimeout ?? 10_000);
    await this.#run.finished;
  }

  #watch(run: Launched): void {
    void run.finished.then((exit) => {
      if (!exit.expected) this.#options.onUnexpectedExit?.(exit);
    });
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
