import { HttpException } from '@nestjs/common';
import { RetryableError, TerminalError } from '@restatedev/restate-sdk';
import { badDurationMessage, durationProblem } from '../durable/duration.js';
import { engineError } from '../failures/engine-error.js';
import { isA, messageOf } from '../failures/thrown.js';

/** Metadata keys under which Rea sends what a terminal error's message cannot carry. Values are strings. */
export const ERROR_METADATA = {
  /** A stable code, for example `REA2001`. */
  code: 'rea.code',
  /** JSON: the field details of a validation error, `[{ path, message }]`. */
  details: 'rea.details',
  /** The run that a terminal error with causes has left. */
  run: 'rea.run',
  /** The causes of a terminal error that has left a run, as text. */
  causes: 'rea.causes',
} as const;

/** Statuses that ask for another try, so they stay retryable. RFC 9110, RFC 8470, RFC 6585. */
const RETRYABLE = new Set([408, 425, 429]);

/**
 * A Nest 4xx exception thrown by a handler or inside a run means "this input will never work": it becomes a terminal
 * error with the same status, message and field details. So does a `RetryableError` whose `retryAfter` is no duration, since
 * the SDK would wait for ever or fail on it. Other errors, 5xx included, stay retryable. What is terminal is given as the
 * engine takes it (see {@link engineError}). Never throws, whatever it is given.
 */
export function asTerminalError(error: unknown): TerminalError | undefined {
  if (isA(error, TerminalError)) return engineError(error);
  if (isA(error, RetryableError)) return withoutDuration(error);
  return isA(error, HttpException) ? fromHttpException(error) : undefined;
}

function fromHttpException(exception: HttpException): TerminalError | undefined {
  try {
    // Not every status is the number that its type says.
    const given: unknown = exception.getStatus();
    const status = Number(given);
    if (status < 400 || status >= 500 || RETRYABLE.has(status)) return undefined;
    const details = detailsOf(exception);
    const metadata = details === undefined ? {} : { [ERROR_METADATA.details]: details };
    return engineError(new TerminalError(messageOf(exception), { errorCode: given as number, metadata }));
  } catch {
    return undefined; // its own methods throw
  }
}

/** The field details as JSON; undefined when there are none, or they have no JSON. */
function detailsOf(exception: HttpException): string | undefined {
  try {
    return JSON.stringify(fieldDetails(exception.getResponse()));
  } catch {
    return undefined;
  }
}

function withoutDuration(error: RetryableError): TerminalError | undefined {
  try {
    const { retryAfter } = error;
    const problem = retryAfter === undefined ? undefined : durationProblem(retryAfter);
    if (problem === undefined) return undefined;
    const message = badDurationMessage('The retryAfter of a RetryableError', problem);
    const metadata = { [ERROR_METADATA.code]: 'REA7070' };
    return engineError(new TerminalError(`${message} The error: ${messageOf(error)}`, { errorCode: 500, metadata }));
  } catch {
    return undefined; // its own properties throw
  }
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
