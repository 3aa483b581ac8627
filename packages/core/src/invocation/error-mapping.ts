import { HttpException } from '@nestjs/common';
import { RetryableError, TerminalError } from '@restatedev/restate-sdk';
import { badDurationMessage, durationProblem } from '../durable/duration.js';

/** Metadata keys under which Rea sends what a terminal error's message cannot carry. Values are strings. */
export const ERROR_METADATA = {
  /** A stable code, for example `REA2001`. */
  code: 'rea.code',
  /** JSON: the field details of a validation error, `[{ path, message }]`. */
  details: 'rea.details',
} as const;

/** Statuses that ask for another try, so they stay retryable. RFC 9110, RFC 8470, RFC 6585. */
const RETRYABLE = new Set([408, 425, 429]);

/**
 * A Nest 4xx exception thrown by a handler or inside a run means "this input will never work": it becomes a terminal
 * error with the same status, message and field details. So does a `RetryableError` whose `retryAfter` is no duration, since
 * the SDK would wait for ever or fail on it. Other errors, 5xx included, stay retryable.
 */
export function asTerminalError(error: unknown): TerminalError | undefined {
  if (error instanceof TerminalError) return error;
  if (error instanceof RetryableError) return withoutDuration(error);
  if (!(error instanceof HttpException)) return undefined;
  const status = error.getStatus();
  if (status < 400 || status >= 500 || RETRYABLE.has(status)) return undefined;
  const details = fieldDetails(error.getResponse());
  return new TerminalError(error.message, {
    errorCode: status,
    metadata: details ? { [ERROR_METADATA.details]: JSON.stringify(details) } : {},
  });
}

function withoutDuration({ message, retryAfter }: RetryableError): TerminalError | undefined {
  const problem = retryAfter === undefined ? undefined : durationProblem(retryAfter);
  if (problem === undefined) return undefined;
  return new TerminalError(
    `${badDurationMessage('The retryAfter of a RetryableError', problem)} The error: ${message}`,
    {
      errorCode: 500,
      metadata: { [ERROR_METADATA.code]: 'REA7070' },
    },
  );
}

/** Nest's `ValidationPipe` answers `{ message: string[] }`; other exceptions may carry `{ details }` of their own. */
function fieldDetails(response: unknown): unknown {
  if (typeof response !== 'object' || response === null) return undefined;
  if ('details' in response) return response.details;
  if ('message' in response && Array.isArray(response.message)) {
    return response.message.map((message) => ({ path: '', message: String(message) }));
  }
  return undefined;
}
