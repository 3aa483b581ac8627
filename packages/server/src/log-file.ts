import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The name of a server's log in its data directory. */
export const LOG_FILE = 'restate.log';

/** From this size on, in bytes, the log is put aside and begun anew. */
const LIMIT = 5 * 1024 * 1024;

/**
 * A server's log on disk, with that of earlier runs before it. It is bounded: what is put aside gets the name
 * `restate.log.1` and replaces its predecessor.
 *
 * Lines are written at once, so that they are there when this process crashes. A disk that refuses them costs the log, not
 * the program.
 */
export class LogFile {
  readonly #path: string;
  readonly #limit: number;
  #file: number | undefined;
  #size = 0;

  constructor(directory: string, limit = LIMIT) {
    this.#path = join(directory, LOG_FILE);
    this.#limit = limit;
    this.#try(() => this.#open());
  }

  write(line: string): void {
    this.#try(() => {
      if (this.#file === undefined) return;
      this.#size += writeSync(this.#file, `${line}\n`);
      if (this.#size >= this.#limit) this.#startOver();
    });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    this.#file = openSync(this.#path, 'a');
    this.#size = fstatSync(this.#file).size;
    if (this.#size >= this.#limit) this.#startOver();
  }

  #startOver(): void {
    this.close();
    renameSync(this.#path, `${this.#path}.1`);
    this.#open();
  }

  #try(action: () => void): void {
    try {
      action();
    } catch {
      this.close();
    }
  }
}
