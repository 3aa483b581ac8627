import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpStatus, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IngressException } from './ingress.exceptions.js';

const SERVER_ERROR: number = HttpStatus.INTERNAL_SERVER_ERROR;

/**
 * Answers with what the ingress clients throw: `{ statusCode, message, code?, details? }`, on Express and on Fastify.
 *
 * Nothing of the inside is told: no stack trace, no host, no metadata. The message of a handler's failure is answered with
 * as the handler wrote it when its status is 4xx. A 5xx of a handler, which may be any error's text, what Restate refuses,
 * which names components, and a mistake of this application (500) become the status's own name, without details. What is
 * not told is logged.
 *
 * @example
 * ```ts
 * providers: [{ provide: APP_FILTER, useClass: IngressExceptionFilter }]
 * ```
 */
@Catch(IngressException)
@Injectable()
export class IngressExceptionFilter implements ExceptionFilter<IngressException> {
  private readonly logger = new Logger('Rea');

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: IngressException, host: ArgumentsHost): void {
    // Registered for the application, it runs on handlers and other transports as well: there the error stays an error.
    if (host.getType() !== 'http') throw exception;
    const status = exception.getStatus();
    const { message, details } = exception.getResponse() as { readonly message: string; readonly details?: unknown };
    const internal = isInternal(exception);
    this.log(exception, internal);
    const body = {
      statusCode: status,
      message: internal ? (STATUS_CODES[status] ?? 'Error') : message,
      ...(exception.code === undefined ? {} : { code: exception.code }),
      ...(internal || details === undefined ? {} : { details }),
    };
    const { httpAdapter } = this.adapterHost;
    const response = host.switchToHttp().getResponse<unknown>();
    if (httpAdapter.isHeadersSent(response)) httpAdapter.end(response);
    else httpAdapter.reply(response, body, status);
  }

  private log(exception: IngressException, internal: boolean): void {
    const { message, source, cause } = exception;
    const because = cause instanceof Error && !message.includes(cause.message) ? ` (${cause.message})` : '';
    const line = `${message}${because} [${source}]`;
    if (exception.getStatus() >= SERVER_ERROR) this.logger.error(line);
    else if (internal) this.logger.debug(line);
  }
}

function isInternal(exception: IngressException): boolean {
  const { source } = exception;
  const status = exception.getStatus();
  if (source === 'ingress' || status === SERVER_ERROR) return true;
  return source === 'invocation' && status > SERVER_ERROR;
}
