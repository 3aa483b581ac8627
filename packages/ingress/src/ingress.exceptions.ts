import { HttpException, HttpStatus } from '@nestjs/common';
import type { FieldDetail, Violation } from '@rea/core';

/** What an exception of the ingress carries, and what Nest answers with. */
interface IngressErrorBody {
  readonly statusCode: number;
  readonly message: string;
  /** Stable code, when the failure has one: `REA2010`. */
  readonly code?: string;
  /** Fields of an input that failed validation. */
  readonly details?: readonly FieldDetail[];
}

/** Base of everything the ingress clients throw. Nest answers with its status, message, code and details. */
export abstract class IngressException extends HttpException {
  constructor(body: IngressErrorBody, options?: { readonly cause?: unknown }) {
    super(body, body.statusCode, options);
    this.message = body.message;
  }
}

/** The handler itself failed, terminally: its error's status and message. Not worth repeating. */
export class InvocationFailedException extends IngressException {
  constructor(
    body: IngressErrorBody,
    /** Further key/value pairs of the terminal error. */
    readonly metadata: Readonly<Record<string, string>>,
  ) {
    super(body);
  }
}

/** The ingress refused the request before a handler ran: no such service, wrong content type, unknown workflow. */
export class IngressRefusedException extends IngressException {}

/** The client was used in a way that cannot work, such as for a method that is no handler: a mistake in this application. */
export class IngressMisuseException extends IngressException {
  constructor(code: string, message: string) {
    super({ statusCode: HttpStatus.INTERNAL_SERVER_ERROR, code, message });
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

/** The ingress did not answer: it is down, or the network is. The handler may or may not have run. */
export class IngressUnavailableException extends IngressException {
  constructor(url: string, cause: unknown) {
    const reason =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
    super(
      {
        statusCode: HttpStatus.SERVICE_UNAVAILABLE,
        code: 'REA4001',
        message: `REA4001: The Restate ingress at ${url} does not answer (${reason}). The handler may have run: repeat the request with the same idempotency key.`,
      },
      { cause },
    );
  }
}

/** The answer did not come within the call's timeout, or its signal was aborted. The invocation goes on. */
export class IngressTimeoutException extends IngressException {
  constructor(what: string, cause: unknown) {
    super(
      {
        statusCode: HttpStatus.GATEWAY_TIMEOUT,
        code: 'REA4002',
        message: `REA4002: ${what} did not answer in time. The invocation goes on: ask again with the same idempotency key, or attach to it.`,
      },
      { cause },
    );
  }
}

/** The application shuts down, and its handlers run no longer. The invocation goes on elsewhere. */
export class IngressShutdownException extends IngressException {
  constructor(what: string) {
    super({
      statusCode: HttpStatus.SERVICE_UNAVAILABLE,
      code: 'REA4003',
      message: `REA4003: ${what} was given up, since this application shuts down. The invocation goes on: repeat the request with the same idempotency key.`,
    });
  }
}

/** An object key or workflow id that Rea does not let through. */
export class InvalidKeyException extends IngressException {
  constructor(message: string) {
    super({ statusCode: HttpStatus.BAD_REQUEST, code: 'REA3001', message });
  }
}
