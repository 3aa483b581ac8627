import { ERROR_METADATA, type IngressOutcome, PolicyViolationError } from '@rea/core';
import { currentScope } from '@rea/core/internal';
import type { TerminalError } from '@restatedev/restate-sdk';
import { HttpCallError } from '@restatedev/restate-sdk-clients';
import {
  type IngressException,
  IngressMisuseException,
  IngressPolicyException,
  IngressRefusedException,
  IngressShutdownException,
  IngressTimeoutException,
  IngressUnavailableException,
  InvocationFailedException,
} from './ingress.exceptions.js';

/** The body of the ingress's error answers. */
interface ErrorBody {
  readonly code?: number;
  readonly message?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly source?: 'ingress' | 'invocation';
}

/** Makes a Nest HTTP exception of what the SDK's client threw. @param what for messages: `Cart call.addItem` */
export function toIngressException(error: unknown, what: string, url: string): IngressException {
  if (error instanceof HttpCallError) return fromAnswer(error);
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return new IngressTimeoutException(what, error);
  }
  return new IngressUnavailableException(url, error);
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

function fromAnswer({ status, responseText }: HttpCallError): IngressException {
  const { message = responseText, metadata = {}, source } = parse(responseText);
  const { [ERROR_METADATA.code]: code, [ERROR_METADATA.details]: details, ...rest } = metadata;
  const body = {
    statusCode: status,
    message: withoutStack(message),
    ...(code === undefined ? {} : { code }),
    ...(details === undefined ? {} : { details: JSON.parse(details) }),
  };
  return source === 'invocation' ? new InvocationFailedException(body, rest) : new IngressRefusedException(body);
}

function parse(text: string): ErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** A handler killed by its retry policy answers with the stack trace of its last error. */
function withoutStack(message: string): string {
  return message.split(/\n\s+at /, 1)[0]!;
}
