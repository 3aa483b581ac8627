import type { IdentityKey } from './identity-key.js';
import type { ServerExit } from './supervised-process.js';

/** Options of {@link RestateServer.start}. All are optional. */
export interface RestateServerOptions {
  /** Port of the ingress. Default: the one kept in `baseDir`, or a free one. */
  readonly ingressPort?: number | undefined;
  /** Port of the admin API. Default: the one kept in `baseDir`, or a free one. */
  readonly adminPort?: number | undefined;
  /** Port between nodes, which also serves `/metrics`. Default: the one kept in `baseDir`, or a free one. */
  readonly nodePort?: number | undefined;
  /** Address to listen on. Default `127.0.0.1`. The admin API has no authentication: think before you open it. */
  readonly host?: string | undefined;
  /** Where the data lives. Default: a temporary directory that `stop()` removes. */
  readonly baseDir?: string | undefined;
  /** Number of partitions. Only the first start on a directory heeds it. Default 1, the fastest on few cores. */
  readonly partitions?: number | undefined;
  /** Upper limit of the memory of the server's databases, as Restate writes sizes. Default `128 MiB` (Restate's: 2 GiB). */
  readonly rocksdbMemory?: string | undefined;
  /**
   * More settings for the server, for example `{ RESTATE_WORKER__INVOKER__ABORT_TIMEOUT: '5s' }`. They win over what this
   * package sets, except addresses and the data directory, which have options of their own. `RESTATE_*` variables of this
   * process are not passed on: what a shell happens to hold must not change a test.
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What the server logs, as `RESTATE_LOG_FILTER`. Default: `warn,restate=info` less two noisy modules. */
  readonly logFilter?: string | undefined;
  /** Also keeps the log in `restate.log` in the data directory, at most 10 MiB of it with `restate.log.1`. Default false. */
  readonly logFile?: boolean | undefined;
  /** PEM file of the Ed25519 key that signs requests to endpoints. Not together with `identityKey`. */
  readonly identityKeyFile?: string | undefined;
  /** The key that signs requests to endpoints. A key without a file is written into the data directory, mode 0600. */
  readonly identityKey?: IdentityKey | undefined;
  /**
   * Suspends an invocation at each wait, so that every await replays the handler from its journal: it finds code that is
   * not deterministic (Restate's inactivity timeout, 0 s). Default false.
   */
  readonly alwaysReplay?: boolean | undefined;
  /** `false` fails an invocation at its first error instead of retrying it. Default true. */
  readonly retries?: boolean | undefined;
  /** Milliseconds until the server must be ready. Default 60,000. */
  readonly readyTimeout?: number | undefined;
  /** Milliseconds between SIGTERM and SIGKILL in `stop()`. Default 10,000. */
  readonly stopTimeout?: number | undefined;
  /** Gives a start up: the process is killed, and the start rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told in plain words what a start is doing. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Told each line that the server logs. */
  readonly onLog?: ((line: string) => void) | undefined;
  /** Told when a ready server ends that nobody asked to. */
  readonly onUnexpectedExit?: ((exit: ServerExit) => void) | undefined;
}

/** Options that {@link RestateServer.restart} may change: all but where the data is. */
export type RestateServerRestartOptions = Omit<RestateServerOptions, 'baseDir'>;

/** Options of {@link RestateServer.stop}. */
export interface RestateServerStopOptions {
  /** Keeps a temporary directory, so that `restart()` finds its data. Default false. */
  readonly keepData?: boolean | undefined;
}
