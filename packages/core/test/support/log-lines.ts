import type { LoggerService } from '@nestjs/common';

/** A logger of an application that keeps its warnings and errors. */
export class LogLines implements LoggerService {
  readonly warnings: string[] = [];
  readonly errors: string[] = [];

  log(): void {}

  debug(): void {}

  verbose(): void {}

  warn(message: unknown): void {
    this.warnings.push(String(message));
  }

  error(message: unknown): void {
    this.errors.push(String(message));
  }

  /** The warnings with a code of Rea. */
  withCode(code: string): string[] {
    return this.warnings.filter((line) => line.startsWith(code));
  }
}
