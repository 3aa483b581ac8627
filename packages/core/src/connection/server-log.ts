import type { Logger } from '@nestjs/common';

/** The first line of an entry of the server's log: time, level, module. The lines up to the next one belong to it. */
const ENTRY = /^\d{4}-\d\d-\d\dT\S+ +(TRACE|DEBUG|INFO|WARN|ERROR) +(.*)$/;

/** What ends the part of an entry that is worth reading: a handler's stack, which the SDK has logged, or the thread. */
const TAIL = /^(?: +restate\.invocation\.error\.stacktrace:|on \S+$)/;

/**
 * Passes on what the server warns of, an entry at a time. The rest is for the log file: one invocation alone can be a
 * screenful of lines that say nothing about the application.
 */
export class ServerLog {
  private level = '';
  private entry: string[] = [];
  private complete = false;
  private flushing: NodeJS.Immediate | undefined;

  constructor(private readonly logger: Pick<Logger, 'warn' | 'error'>) {}

  /** Takes the next line. */
  add(line: string): void {
    const [, level, text] = ENTRY.exec(line) ?? [];
    if (level !== undefined) {
      this.flush();
      this.level = level;
      this.complete = level !== 'WARN' && level !== 'ERROR';
    }
    this.complete ||= this.level === '' || TAIL.test(line);
    if (this.complete) return;
    this.entry.push(text ?? line);
    // The lines of an entry arrive together; what comes next may come in an hour.
    this.flushing ??= setImmediate(() => this.flush());
  }

  private flush(): void {
    clearImmediate(this.flushing);
    this.flushing = undefined;
    if (this.entry.length === 0) return;
    const text = this.entry.join('\n');
    this.entry = [];
    if (this.level === 'ERROR') this.logger.error(text);
    else this.logger.warn(text);
  }
}
