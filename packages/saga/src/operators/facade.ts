import { HttpStatus } from '@nestjs/common';
import { AdminUnreachableError, ERROR_METADATA, type FieldDetail } from '@rea/core';
import type { NameScope } from '@rea/core/internal';
import { TerminalError } from '@restatedev/restate-sdk';
import type { OperatorException, OperatorProblem } from './operator.exception.js';
import { isA, messageOf, readThrown } from '@rea/core/internal';

/** What a failed invocation tells. */
export interface Failure {
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What is particular to a {@link Facade}. */
interface FacadeOptions {
  /** The guarded component behind it, without the application's namespace. */
  readonly service: string;
  /** The injectable that operators use. */
  readonly injectable: string;
  /** For messages: what it is about. */
  readonly subject: string;
  /** For messages: `get() tells`. */
  readonly tells: string;
  readonly exception: new (problem: OperatorProblem, options?: { readonly cause?: unknown }) => OperatorException;
}

/** A guarded way for operators into the application's handlers: its component, and what it throws when that fails. */
export class Facade {
  constructor(private readonly options: FacadeOptions) {}

  get service(): string {
    return this.options.service;
  }

  get injectable(): string {
    return this.options.injectable;
  }

  /** The verb was refused, or failed terminally. */
  refused(status: number, { message, metadata = {} }: Failure): OperatorException {
    const { [ERROR_METADATA.code]: code = /^(REA\d{4}): /.exec(message)?.[1], [ERROR_METADATA.details]: details } =
      metadata;
    return this.raise({
      statusCode: status,
      ...(code === undefined ? {} : { code }),
      message,
      ...(details === undefined ? {} : { details: JSON.parse(details) as FieldDetail[] }),
    });
  }

  ingressUnreachable(url: string, cause: unknown): OperatorException {
    return this.unavailable(
      'REA8028',
      `The Restate ingress at ${url} does not answer (${reasonOf(cause)}). What was asked may have been done: ${this.options.tells}.`,
      cause,
    );
  }

  timedOut(verb: string, timeout: number): OperatorException {
    return this.raise({
      statusCode: HttpStatus.GATEWAY_TIMEOUT,
      code: 'REA8029',
      message: `REA8029: ${verb}() did not answer within ${timeout} ms. It goes on: ${this.options.tells} how it ended. Raise SagaModule.forRoot({ deadLetters: { timeout } }) for compensations that take long.`,
    });
  }

  noOperator(answer: string, { namespace, name }: NameScope): OperatorException {
    return this.raise({
      statusCode: HttpStatus.BAD_GATEWAY,
      code: 'REA8030',
      message: `REA8030: The Restate server could not hand the request to this application's ${this.options.subject}: ${answer} Check that a process with SagaModule serves handlers as the application ${name ? JSON.stringify(name) : 'without a name'}${namespace === undefined ? '' : ` in the namespace ${JSON.stringify(namespace)}`}, and is registered; ReaModule.forRoot({ name }) has to be the same in all processes of an application.`,
    });
  }

  adminFailed(cause: Error): OperatorException {
    return this.raise(
      {
        statusCode: cause instanceof AdminUnreachableError ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.BAD_GATEWAY,
        code: 'REA8031',
        message: `REA8031: ${this.options.injectable} needs the admin API. ${cause.message}`,
      },
      { cause },
    );
  }

  noSecret(): OperatorException {
    return this.unavailable(
      'REA8032',
      'This process has no secret for operators, and no admin API to read the generated one. Set SagaModule.forRoot({ deadLetters: { secret } }), the same in every process, or server.adminUrl.',
    );
  }

  shuttingDown(verb: string): OperatorException {
    return this.unavailable(
      'REA8033',
      `${verb}() was given up, since this application shuts down. It goes on: ${this.options.tells}.`,
    );
  }

  notOpen(verb: string): OperatorException {
    return this.unavailable(
      'REA6050',
      `${this.options.injectable}.${verb}() needs a handler of this application, whose endpoint is not open yet: it opens after all onModuleInit and onApplicationBootstrap hooks. Make the call in onEndpointReady() (implements OnEndpointReady of @rea/core), which runs when components can be called.`,
    );
  }

  closed(verb: string): OperatorException {
    return this.unavailable(
      'REA6052',
      `${this.options.injectable}.${verb}() waits for a handler of this application, which shuts down and has closed its endpoint. Nothing was asked: ask the next process, or another replica.`,
    );
  }

  /** What a check of this process throws, as an exception for controllers. */
  asException(error: unknown): unknown {
    return error instanceof TerminalError ? this.refused(error.code, error) : error;
  }

  private unavailable(code: string, problem: string, cause?: unknown): OperatorException {
    const message = `${code}: ${problem}`;
    return this.raise({ statusCode: HttpStatus.SERVICE_UNAVAILABLE, code, message }, { cause });
  }

  private raise(problem: OperatorProblem, options?: { readonly cause?: unknown }): OperatorException {
    return new this.options.exception(problem, options);
  }
}

function reasonOf(error: unknown): string {
  const cause = readThrown(error, 'cause');
  return messageOf(isA(cause, Error) ? cause : error);
}
