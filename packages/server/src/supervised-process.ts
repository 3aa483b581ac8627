import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogBuffer } from './log-buffer.js';

/** How a server process ended. */
export interface ServerExit {
  /** The pid that it had. */
  readonly pid: number;
  /** Its exit code, or `null` when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, or `null`. */
  readonly signal: NodeJS.Signals | null;
  /** Whether `stop()`, `kill()` or `restart()` of this process asked for it. */
  readonly expected: boolean;
}

/** What to run, and with what. */
export interface SupervisedProcessOptions {
  readonly binary: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logs: LogBuffer;
  /** A directory to remove when the parent dies without having stopped the server. */
  readonly removeWhenOrphaned: string | undefined;
}

/**
 * A server under a tiny shell supervisor, so that it never outlives this process.
 *
 * The supervisor leads a session of its own: Ctrl-C on the terminal goes to the whole foreground group, and the server must
 * stay until its parent, which may still drain, decides to stop it. It holds the reading end of a pipe from this process. The
 * system closes the pipe whatever ends this process, SIGKILL included; the supervisor then gives the server 3 s to stop
 * before it kills it, removes the temporary directory, and ends.
 */
export class SupervisedProcess {
  /** Pid of the server itself, not of its supervisor. */
  readonly pid: number;
  /** Settles when the server and its supervisor are gone and the last line of the log has been read. */
  readonly exited: Promise<ServerExit>;
  readonly #shell: ChildProcess;
  #gone = false;
  #expected = false;

  private constructor(
    pid: number,
    shell: ChildProcess,
    ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>,
  ) {
    this.pid = pid;
    this.#shell = shell;
    this.exited = ended.then(({ code, signal }) => {
      this.#gone = true;
      return { pid, code, signal, expected: this.#expected };
    });
  }

  /** Starts the server; it is not ready yet. */
  static async start(options: SupervisedProcessOptions): Promise<SupervisedProcess> {
    const shell = spawn(
      '/bin/sh',
      ['-c', supervisor, 'rea-restate-server', options.binary, options.removeWhenOrphaned ?? ''],
      {
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
        env: options.env,
      },
    );
    const [stdin, stdout, stderr, report] = shell.stdio;
    // The pipe is never written to; it may report that its other end is gone.
    stdin.on('error', () => undefined);
    stdout.setEncoding('utf8').on('data', options.logs.collector());
    stderr.setEncoding('utf8').on('data', options.logs.collector());
    const closed = once(shell, 'close');
    const firstLine = new Promise<number>((resolve, reject) => {
      let text = '';
      report?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('\n')) resolve(Number.parseInt(text, 10));
      });
      closed.then(() => {
        reject(new Error('The supervisor ended before it had started the server.'));
      }, reject);
    });
    const pid = await firstLine;
    shell.once('exit', (_code, signal) => {
      // Without its supervisor the server would outlive this process.
      if (signal !== null) signalProcess(pid, 'SIGKILL');
    });
    return new SupervisedProcess(
      pid,
      shell,
      closed.then(() => exitOf(shell.exitCode, shell.signalCode)),
    );
  }

  /** Whether the server still runs, as far as this process has been told. */
  get running(): boolean {
    return !this.#gone;
  }

  /** SIGTERM, and SIGKILL when the server has not ended `timeout` milliseconds later. */
  async stop(timeout: number): Promise<ServerExit> {
    this.#signal('SIGTERM');
    const cancel = new AbortController();
    const late = delay(timeout, undefined, { signal: cancel.signal }).then(
      () => {
        this.#signal('SIGKILL');
      },
      () => undefined,
    );
    const exit = await this.exited;
    cancel.abort();
    await late;
    return exit;
  }

  /** SIGKILL: the server gets no chance to put anything in order. */
  kill(): Promise<ServerExit> {
    this.#signal('SIGKILL');
    return this.exited;
  }

  /** Lets this process end while the server runs; the supervisor then ends the server. */
  unref(): void {
    this.#shell.unref();
    // Pipes are sockets, which their type does not say.
    for (const stream of this.#shell.stdio) (stream as Socket | null | undefined)?.unref();
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#expected = true;
    if (!this.#gone) signalProcess(this.pid, signal);
  }
}

/*
 * $1 the server, $2 a directory to remove if the parent dies or ''.
 *
 * fd 4 is the pipe from the parent, fd 3 takes the server's pid to it, fd 5 is where the server logs its errors; the shell
 * itself has nothing to say there. The watcher that saw the parent die ignores SIGTERM from then on and ends with 0, one that
 * is no longer needed is killed: so the main shell knows why the server ended. The trap comes after the watcher is forked: one
 * that was born with it would lose a SIGTERM that comes at once, when the server has died at its start, and never end.
 */
const supervisor = `
exec 4<&0 5>&2 </dev/null 2>/dev/null
"$1" --no-logo 2>&5 3>&- 4<&- 5>&- &
server=$!
echo "$server" >&3
exec >/dev/null 3>&- 5>&-
(
  while read -r _; do :; done <&4
  trap '' HUP TERM
  kill -TERM "$server"
  n=0
  while [ "$n" -lt 30 ] && kill -0 "$server"; do
    sleep 0.1 || sleep 1
    n=$((n + 1))
  done
  kill -KILL "$server"
  exit 0
) &
watcher=$!
trap 'kill -TERM "$server"' HUP INT TERM
exec 4<&-
while :; do
  wait "$server"
  code=$?
  kill -0 "$server" || break
done
kill "$watcher"
if wait "$watcher" && [ -n "$2" ]; then
  rm -rf "$2"
fi
exit "$code"
`;

/** A shell reports a signal's number plus 128 as the exit code. */
function exitOf(
  code: number | null,
  signal: NodeJS.Signals | null,
): { code: number | null; signal: NodeJS.Signals | null } {
  if (code === null || code <= 128) return { code, signal };
  const names = Object.entries(constants.signals).filter(([, number]) => number === code - 128);
  const name = names[0]?.[0] as NodeJS.Signals | undefined;
  return name === undefined ? { code, signal } : { code: null, signal: name };
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}
