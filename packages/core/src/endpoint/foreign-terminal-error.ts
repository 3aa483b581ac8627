import { Logger } from '@nestjs/common';
import { TerminalError } from '@restatedev/restate-sdk';
import { toFailure } from '../failures/engine-error.js';
import { isA, readThrown } from '../failures/thrown.js';

let told = false;

/**
 * A `TerminalError` of another copy of the SDK, which some library brought along, as one of ours. Its author meant it to
 * be final.
 */
export function foreignTerminalError(error: unknown): TerminalError | undefined {
  if (!isA(error, Error) || isA(error, TerminalError) || readThrown(error, 'name') !== 'TerminalError')
    return undefined;
  if (readThrown(error, 'code') === undefined) return undefined;
  const { code, message, metadata } = toFailure(error);
  if (!told) {
    told = true;
    new Logger('Rea').warn(
      `REA1021: A TerminalError of another copy of @restatedev/restate-sdk was thrown ("${message}"). It ends the invocation, but catch blocks do not recognise it. Install one version; "npm ls @restatedev/restate-sdk" shows who brings the other.`,
    );
  }
  return new TerminalError(message, {
    errorCode: code,
    metadata: Object.fromEntries(metadata.map(({ key, value }) => [key, value])),
  });
}
