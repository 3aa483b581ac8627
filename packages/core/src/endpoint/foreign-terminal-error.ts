import { Logger } from '@nestjs/common';
import { TerminalError } from '@restatedev/restate-sdk';

let told = false;

/**
 * A `TerminalError` of another copy of the SDK, which some library brought along, as one of ours. Its author meant it to
 * be final.
 */
export function foreignTerminalError(error: unknown): TerminalError | undefined {
  if (!(error instanceof Error) || error instanceof TerminalError || error.name !== 'TerminalError') return undefined;
  const { code, metadata } = error as { code?: unknown; metadata?: Record<string, string> };
  if (typeof code !== 'number') return undefined;
  if (!told) {
    told = true;
    new Logger('Rea').warn(
      `REA1021: A TerminalError of another copy of @restatedev/restate-sdk was thrown ("${error.message}"). It ends the invocation, but catch blocks do not recognise it. Install one version; "npm ls @restatedev/restate-sdk" shows who brings the other.`,
    );
  }
  return new TerminalError(error.message, { errorCode: code, ...(metadata ? { metadata } : {}) });
}
