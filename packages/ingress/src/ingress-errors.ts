import { HttpStatus } from '@nestjs/common';
import { ERROR_METADATA, type FieldDetail, type IngressOutcome, PolicyViolationError } from '@rea/core';
import {
  AdminRequestError,
  AdminUnreachableError,
  CancelWithoutEffectError,
  currentScope,
  type HttpAnswer,
  isA,
  messageOf,
} from '@rea/core/internal';
import { TerminalError } from '@restatedev/restate-sdk';
import { answerSource, errorBody, parsedJson } from './ingress-answer.js';
import {
  IngressException,
  IngressMisuseException,
  IngressPolicyException,
  IngressRefusedException,
  IngressShutdownException,
  IngressTimeoutException,
  IngressUnavailableException,
  InvocationFailedException,
  UnreadableAnswerException,
} from './ingress.exceptions.js';

/** Makes a Nest HTTP exception of why there is no answer. @param what for messages: `Cart call.addItem` */
export function fromFailure(error: unknown, signal: AbortSignal, what: string, url: string): IngressException {
  if (error instanceof IngressException) return error;
  if (signal.aborted) return new IngressTimeoutException(what, error);
  if (error instanceof AdminRequestError)
    return new IngressRefusedException(refusalBody(error.status, error.body), { cause: error });
  if (error instanceof CancelWithoutEffectError) return withoutEffect(error);
  if (error instanceof AdminUnreachableError) return new IngressUnavailableException(error.message, error);
  // Of the admin client: a page, say, where its answer should be.
  if (error instanceof SyntaxError) return new UnreadableAnswerException(what, error);
  return new IngressUnavailableException(`The Restate ingress at ${url} does not answer (${reasonOf(error)}).`, error);
}

function withoutEffect(cause: CancelWithoutEffectError): IngressRefusedException {
  const { code, message } = cause;
  return new IngressRefusedException({ statusCode: HttpStatus.GATEWAY_TIMEOUT, code, message }, { cause });
}

const UNSENDABLE = [
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_HTTP2_INVALID_CONNECTION_HEADERS',
];

/** Whether a request could not be sent because of a header: one that the protocol does not have, or not with such characters. */
export function isUnsendable(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && UNSENDABLE.includes(String(error.code));
}

/** How a request ended that threw; undefined when nothing was sent. */
export function ingressOutcomeOf(error: unknown): IngressOutcome | undefined {
  if (error instanceof InvocationFailedException) return 'failed';
  if (error instanceof IngressRefusedException) return 'refused';
  if (error instanceof IngressTimeoutException) return 'timeout';
  if (error instanceof IngressUnavailableException || error instanceof IngressShutdownException) return 'unavailable';
  return undefined;
}

/**
 * What a client is refused with before anything is sent: an HTTP exception, as its other errors. In a handler it stays
 * terminal: there an HTTP exception of status 500 would be tried again.
 */
export function toRefusal(error: TerminalError): Error {
  if (currentScope()?.attempt.active) return error;
  if (error instanceof PolicyViolationError) return new IngressPolicyException(error.violation, error);
  return new IngressMisuseException(error.metadata?.[ERROR_METADATA.code] ?? '', error.message);
}

/** What cannot work, before anything is sent: an HTTP exception of status 500, and in a handler terminal, as {@link toRefusal}. */
export function misuse(code: string, message: string, cause?: unknown): Error {
  if (!currentScope()?.attempt.active) return new IngressMisuseException(code, message, cause);
  return new TerminalError(message, { errorCode: 500, metadata: { [ERROR_METADATA.code]: code } });
}

/** Makes a Nest HTTP exception of an answer that is an error. */
export function fromAnswer(answer: HttpAnswer): IngressException {
  const { message, metadata = {} } = errorBody(answer);
  const source = answerSource(answer);
  const { [ERROR_METADATA.code]: code, [ERROR_METADATA.details]: fields, ...rest } = metadata;
  // A handler may have written anything there: what is no JSON is left out.
  const details = fields === undefined ? undefined : parsedJson(fields);
  if (source === undefined) {
    // Not of Restate: a proxy, say, whose page may tell of hosts. It is the cause, for logs.
    const cause = new Error(answer.body.toString().slice(0, 2_000));
    return new IngressRefusedException(refusalBody(answer.status, undefined), { source: 'transport', cause });
  }
  const body = {
    statusCode: answer.status,
    message: withoutStack(message ?? `Status ${answer.status}`),
    ...(code === undefined ? {} : { code }),
    ...(details === undefined ? {} : { details: details as readonly FieldDetail[] }),
  };
  return source === 'invocation' ? new InvocationFailedException(body, rest) : new IngressRefusedException(body);
}

function refusalBody(statusCode: number, body: string | undefined) {
  const message =
    body === undefined ? undefined : errorBody({ status: statusCode, headers: {}, body: Buffer.from(body) }).message;
  return { statusCode, message: message ?? `The request to Restate was refused with status ${statusCode}.` };
}

function reasonOf(error: unknown): string {
  if (!isA(error, Error)) return messageOf(error);
  const { message, cause, name } = error;
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return (cause instanceof Error ? cause.message : message) || name;
}

/** A handler killed by its retry policy answers with the stack trace of its last error, the ingress with its own. */
function withoutStack(message: string): string {
  return message.split(/\s*\n\s+at |\s*Stack backtrace:/, 1)[0]!;
}
