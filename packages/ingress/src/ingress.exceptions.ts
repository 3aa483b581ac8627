import { HttpException, HttpStatus } from '@nestjs/common';
import type { FieldDetail, Violation } from '@rea/core';

/** What Nest answers with. */
interface IngressErrorBody {
  readonly statusCode: number;
  readonly message: string;
  /** Stable code, when the failure has one: `REA2010`. */
  readonly code?: string;
  /** Fields of an input that failed validation. */
  readonly details?: readonly FieldDetail[];
}

/**
 * Who failed: a handler (`invocation`), Restate, which refused (`ingress`), the way to it and back (`transport`), or this
 * application and its caller, before anything was sent (`application`).
 */
export type IngressErrorSource = 'invocation' | 'ingress' | 'transport' | 'application';

interface IngressExceptionOptions {
  readonly cause?: unknown;
  /** Default: `application`. */
  readonly source?: IngressErrorSource;
  /** For logs, when it says more than the answer may. Default: the answer's. */
  readonly message?: string;
}

/**
 * Base of everything the ingress clients throw. Nest answers with its status, message, code and details; `message` and
 * `cause` of the exception itself, which are for logs, may name hosts.
 */
export abstract class IngressException extends HttpException {
  /** Who failed. */
  readonly source: IngressErrorSource;
  /** Stable code, when the failure has one: `REA4001`. */
  readonly code: string | undefined;
  /** Further key/value pairs of the terminal error of a handler. They are not answered with. */
  readonly metadata: Readonly<Record<string, string>> = {};

  constructor(body: IngressErrorBody, { cause, source = 'application', message }: IngressExceptionOptions = {}) {
    super(body, body.statusCode, cause === undefined ? {} : { cause });
    this.message = message ?? body.message;
    this.source = source;
    this.code = body.code;
  }
}

/** The handler itself failed, terminally: its error's status and message. Not worth repeating. */
export class InvocationFailedException extends IngressException {
  constructor(
    body: IngressErrorBody,
    override readonly metadata: Readonly<Record<string, string>>,
  ) {
    super(body, { source: 'invocation' });
  }
}

/**
 * Restate, or something before it, refused the request, and no handler ran: no such service, wrong content type, unknown
 * workflow, too many requests.
 */
export class IngressRefusedException extends IngressException {
  constructor(body: IngressErrorBody, options: IngressExceptionOptions = {}) {
    super(body, { source: 'ingress', ...options });
  }
}

/** The client was used in a way that cannot work, such as for a method that is no handler: a mistake in this application. */
export class IngressMisuseException extends IngressException {
  constructor(code: string, message: string, cause?: unknown) {
    super({ statusCode: HttpStatus.INTERNAL_SERVER_ERROR, code, message }, { cause });
  }
}

/** Guardrails on what a request has to bring along. */
const REQUEST_RULES: readonly string[] = ['missing-key', 'weak-key'];

/**
 * A guardrail has refused the use of the client; nothing was sent. Status 400 where the request's idempotency key is
 * missing or bad, else 500.
 */
export class IngressPolicyException extends IngressException {
  constructor(
    readonly violation: Violation,
    cause: Error,
  ) {
    const { id, code } = violation.rule;
    const statusCode = REQUEST_RULES.includes(id) ? HttpStatus.BAD_REQUEST : HttpStatus.INTERNAL_SERVER_ERROR;
    super({ statusCode, code, message: cause.message }, { cause });
  }
}

/** The result of a message that was sent without an idempotency key: Restate does not keep it. */
export class NoResultException extends IngressException {
  constructor(what: string) {
    super({
      statusCode: HttpStatus.INTERNAL_SERVER_ERROR,
      code: 'REA4004',
      message: `REA4004: ${what} was sent without an idempotency key, so Restate keeps no result to wait for. Send it with { idempotencyKey }.`,
    });
  }
}

const REPEAT = 'The handler may have run: repeat the request with the same idempotency key.';

/** Restate did not answer: it is down, or the network is. The handler may or may not have run. */
export class IngressUnavailableException extends IngressException {
  /** @param reason for logs: it may name hosts */
  constructor(reason: string, cause: unknown) {
    super(
      {
        statusCode: HttpStatus.SERVICE_UNAVAILABLE,
        code: 'REA4001',
        message: `REA4001: Restate does not answer. ${REPEAT}`,
      },
      { cause, source: 'transport', message: `REA4001: ${reason} ${REPEAT}` },
    );
  }
}

const LATER =
  'What was accepted goes on: repeat the request with the same idempotency key, or attach to the invocation.';

/** The answer did not come within the call's timeout, or its signal was aborted. The invocation goes on. */
export class IngressTimeoutException extends IngressException {
  /** @param what for logs: it names components */
  constructor(what: string, cause: unknown) {
    super(
      {
        statusCode: HttpStatus.GATEWAY_TIMEOUT,
        code: 'REA4002',
        message: `REA4002: Restate did not answer in time. ${LATER}`,
      },
      { cause, source: 'transport', message: `REA4002: ${what} did not answer in time. ${LATER}` },
    );
  }
}

/** The application shuts down, and its handlers run no longer. The invocation goes on elsewhere. */
export class IngressShutdownException extends IngressException {
  constructor(what: string) {
    super(
      {
        statusCode: HttpStatus.SERVICE_UNAVAILABLE,
        code: 'REA4003',
        message: `REA4003: ${what} was given up, since this application shuts down. The invocation goes on: repeat the request with the same idempotency key.`,
      },
      { source: 'transport' },
    );
  }
}

/**
 * A component of this application was called before its endpoint had opened, or while Restate did not know it yet: in
 * `onModuleInit`, say. No handler ran.
 */
export class EndpointNotOpenException extends IngressException {
  constructor(what: string) {
    super({
      statusCode: HttpStatus.SERVICE_UNAVAILABLE,
      code: 'REA6050',
      message: `REA6050: ${what} needs a handler of this application, whose endpoint is not open yet: it opens after all onModuleInit and onApplicationBootstrap hooks. Make the call in onEndpointReady() (implements OnEndpointReady of @rea/core), which runs when components can be called.`,
    });
  }
}

/** A component of this application was called after its endpoint had closed: in `onModuleDestroy`, say. Nothing was sent. */
export class EndpointClosedException extends IngressException {
  constructor(what: string) {
    super({
      statusCode: HttpStatus.SERVICE_UNAVAILABLE,
      code: 'REA6052',
      message: `REA6052: ${what} waits for a handler of this application, which shuts down and has closed its endpoint. Hand the work over with send: the next process, or another replica, does it.`,
    });
  }
}

/** The function that gives a connection's headers has failed before the first attempt, so nothing was sent. */
export class IngressHeadersException extends IngressException {
  /** @param reason for logs: it names hosts */
  constructor(reason: string, cause: unknown) {
    const answer = 'REA4005: The credentials for Restate could not be obtained, so nothing was sent.';
    super(
      { statusCode: HttpStatus.SERVICE_UNAVAILABLE, code: 'REA4005', message: answer },
      {
        cause,
        message: `${answer} ${reason}`,
      },
    );
  }
}

/** A header has characters that no header can carry; nothing was sent. */
export class UnsendableHeaderException extends IngressException {
  constructor(what: string, cause: unknown) {
    super(
      {
        statusCode: HttpStatus.BAD_REQUEST,
        code: 'REA4006',
        message: `REA4006: ${what} has a header with characters that no header can carry. Check what comes from outside before it becomes one.`,
      },
      { cause },
    );
  }
}

/** The answer is not in the format of the handler's output: another serde, or an ingress that is none. */
export class UnreadableAnswerException extends IngressException {
  constructor(what: string, cause: unknown) {
    super(
      {
        statusCode: HttpStatus.BAD_GATEWAY,
        code: 'REA4007',
        message: `REA4007: The answer to ${what} is not in the expected format. Check the output serde, and that url and adminUrl of the connection are those of Restate.`,
      },
      { cause, source: 'transport' },
    );
  }
}

/** A request without the header `Idempotency-Key`, where it is required. */
export class MissingIdempotencyKeyException extends IngressException {
  constructor() {
    super({
      statusCode: HttpStatus.BAD_REQUEST,
      code: 'REA4020',
      message:
        'REA4020: This request needs the header Idempotency-Key: "...", the same for each try of the same action.',
    });
  }
}

/** An object key, a workflow id or an idempotency key that cannot be one; nothing was sent. */
export class InvalidKeyException extends IngressException {
  constructor(message: string, code: 'REA3001' | 'REA3021' = 'REA3001') {
    super({ statusCode: HttpStatus.BAD_REQUEST, code, message });
  }
}
