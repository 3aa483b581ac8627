import type { LogFile } from './log-file.js';

/** The last lines of a server's log. */
export class LogBuffer {
  readonly #capacity: number;
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #lines: string[] = [];
  #file: LogFile | undefined;

  constructor(capacity: number, onLine: ((line: string) => void) | undefined) {
    this.#capacity = capacity;
    this.#onLine = onLine;
  }

  /** Where all lines go from now on, beside this buffer. */
  copyTo(file: LogFile | undefined): void {
    this.#file = file;
  }

  /** A function that takes one stream's text in arbitrary pieces; lines of different streams do not mix. */
  collector(): (chunk: string) => void {
    let rest = '';
    return (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#add(line);
    };
  }

  /** The last `count` lines, oldest first; all that are kept by default. */
  last(count = this.#capacity): string[] {
    return count <= 0 ? [] : this.#lines.slice(-count);
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#capacity) this.#lines.shift();
    this.#file?.write(line);
    this.#onLine?.(line);
  }
}
