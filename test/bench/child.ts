import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A child of this process that answers over its channel. It is stopped by its own pid, also when this process fails. */
export class Child implements AsyncDisposable {
  private readonly process: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(
    module: URL,
    private readonly args: readonly string[],
    execArgv: readonly string[] = [],
  ) {
    this.process = fork(module, args, {
      execArgv: [...execArgv],
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RESTATE_'))),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.ended = once(this.process, 'exit');
  }

  /** The next thing that it tells. */
  async answer<T>(): Promise<T> {
    const aborted = new AbortController();
    try {
      const message = once(this.process, 'message', aborted).then(([value]) => value as T);
      const ended = this.ended.then(() => {
        throw new Error(
          `The process for ${this.args.join(' ')} ended too early (${this.process.exitCode ?? this.process.signalCode}).`,
        );
      });
      return await Promise.race([message, ended]);
    } finally {
      aborted.abort();
    }
  }

  /** Sends a message and waits for the answer. */
  ask<T>(message: object): Promise<T> {
    const answer = this.answer<T>();
    this.process.send(message);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}
