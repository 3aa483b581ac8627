import type { LoggerService } from '@nestjs/common';

type Level = 'log' | 'warn' | 'error' | 'debug';

/** A logger for the application under test, which keeps what it is given. */
export class CollectedLog implements LoggerService {
  private readonly entries: { readonly level: Level; readonly line: string }[] = [];

  log(message: unknown): void {
    this.entries.push({ level: 'log', line: String(message) });
  }

  warn(message: unknown): void {
    this.entries.push({ level: 'warn', line: String(message) });
  }

  error(message: unknown): void {
    this.entries.push({ level: 'error', line: String(message) });
  }

  debug(message: unknown): void {
    this.entries.push({ level: 'debug', line: String(message) });
  }

  /** Every line, of all levels. */
  get all(): readonly string[] {
    return this.entries.map(({ line }) => line);
  }

  /** The lines of a level that hold a text. */
  lines(level: Level, text: string): readonly string[] {
    return this.entries.filter((entry) => entry.level === level && entry.line.includes(text)).map(({ line }) => line);
  }
}
