import { HttpException, HttpStatus } from '@nestjs/common';
import { AdminUnreachableError, ERROR_METADATA, type FieldDetail } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';

interface Body {
  readonly statusCode: number;
  readonly code?: string;
  readonly message: string;
  readonly details?: readonly FieldDetail[];
}

/**
 * What `DeadLetters` throws; Nest answers with its status, code and message. 400: the request or an edited payload
 * cannot be used. 404: there is no such entry. 409: it is closed already. 422: it cannot be redriven, and the message
 * says what to do instead. 502, 503, 504: Restate is not there, or does not have this application's handlers.
 */
export class DeadLetterException extends HttpException {
  /** Stable code, for example `REA8022`; undefined for failures that carry none. */
  readonly code: string | undefined;

  constructor(body: Body, options?: { readonly cause?: unknown }) {
    super(body, body.statusCode, options);
    this.message = body.message;
    this.code = body.code;
  }
}

/** What a failed invocation tells. */
export interface Failure {
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The verb was refused, or failed terminally. */
export function refused(status: number, { message, metadata = {} }: Failure): DeadLetterException {
  const { [ERROR_METADATA.code]: code = /^(REA\d{4}): /.exec(message)?.[1], [ERROR_METADATA.details]: details } =
    metadata;
  return new DeadLetterException({
    statusCode: status,
    ...(code === undefined ? {} : { code }),
    message,
    ...(details === undefined ? {} : { details: JSON.parse(details) as FieldDetail[] }),
  });
}

export function ingressUnreachable(url: string, cause: unknown): DeadLetterException {
  return unavailable(
    'REA8028',
    `The Restate ingress at ${url} does not answer (${reasonOf(cause)}). What was asked may have been done: get() tells.`,
    cause,
  );
}

export function timedOut(verb: string, timeout: number): DeadLetterException {
  return new DeadLetterException({
    statusCode: HttpStatus.GATEWAY_TIMEOUT,
    code: 'REA8029',
    message: `REA8029: ${verb}() did not answer within ${timeout} ms. It goes on: get() tells how it ended. Raise SagaModule.forRoot({ deadLetters: { timeout } }) for compensations that take long.`,
  });
}

export function noOperator(answer: string): DeadLetterException {
  return new DeadLetterException({
    statusCode: HttpStatus.BAD_GATEWAY,
    code: 'REA8030',
    message: `REA8030: The Restate server could not hand the request to this application's dead letters: ${answer} Check that a process with SagaModule serves handlers in this namespace, and is registered.`,
  });
}

export function adminFailed(cause: Error): DeadLetterException {
  return new DeadLetterException(
    {
      statusCode: cause instanceof AdminUnreachableError ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.BAD_GATEWAY,
      code: 'REA8031',
      message: `REA8031: Dead letters are read through the admin API. ${cause.message}`,
    },
    { cause },
  );
}

export function noSecret(): DeadLetterException {
  return unavailable(
    'REA8032',
    'This process has no secret for the dead letters, and no admin API to read the generated one. Set SagaModule.forRoot({ deadLetters: { secret } }), the same in every process, or server.adminUrl.',
  );
}

export function shuttingDown(verb: string): DeadLetterException {
  return unavailable('REA8033', `${verb}() was given up, since this application shuts down. It goes on: get() tells.`);
}

/** What a check of this process throws, as an exception for controllers. */
export function asException(error: unknown): unknown {
  return error instanceof TerminalError ? refused(error.code, error) : error;
}

function unavailable(code: string, problem: string, cause?: unknown): DeadLetterException {
  const message = `${code}: ${problem}`;
  return new DeadLetterException({ statusCode: HttpStatus.SERVICE_UNAVAILABLE, code, message }, { cause });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
