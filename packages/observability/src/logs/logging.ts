import { types } from 'node:util';
import {
  asText,
  isA,
  type Instrumentation,
  isBookkeeping,
  outcomeOf,
  outcomeOfReturn,
  type SdkLine,
  sdkLine,
} from '@rea/core/internal';
import type { HooksProvider, LoggerTransport, Request } from '@restatedev/restate-sdk';
import type { PinoLogger } from 'nestjs-pino';
import { isProcessing } from '../is-processing.js';
import { AttemptCounter } from './attempt-counter.js';
import { silentOnReplay } from './silent-on-replay.js';

type HookContext = Parameters<HooksProvider>[0];
type PinoLevel = 'error' | 'warn' | 'info' | 'debug';

const FINAL = new Set(['completed', 'failed', 'cancelled']);

const ATTEMPT = Symbol('rea.attempt-number');

/** A request that knows which attempt it is. */
type Numbered = Request & { [ATTEMPT]?: number };

/** The trace id in a `traceparent` header. */
const TRACE_ID = /^[\da-f]{2}-([\da-f]{32})-/;

/**
 * Gives what handlers log the fields of their attempt, and makes it silent on replay. The loggers are children of the
 * application's own: its levels, redaction, serializers and transports apply.
 */
export class Logging implements Instrumentation {
  readonly hooks: readonly HooksProvider[] = [
    (hookContext) => ({ interceptor: { handler: (next) => this.inAttempt(hookContext, next) } }),
  ];
  readonly logger: LoggerTransport = (metadata, ...parts: unknown[]) => {
    // Most lines by far are the SDK's bookkeeping, a handful for each attempt.
    if (isBookkeeping(metadata) && !this.pino?.logger.isLevelEnabled('debug')) return;
    const line = sdkLine(metadata, parts);
    if (line) this.write(line, metadata.context);
  };
  private readonly attempts = new AttemptCounter();
  private pino: PinoLogger | undefined;

  /** @param traceId of the calling code; undefined where nothing is traced */
  constructor(private readonly traceId: (() => string | undefined) | undefined) {}

  /** From now on the lines go here. */
  useLogger(pino: PinoLogger): void {
    this.pino = pino;
  }

  private async inAttempt(hookContext: HookContext, next: () => Promise<void>): Promise<void> {
    const { request } = hookContext;
    const bindings = this.fieldsOf(request);
    const isLive = isProcessing(hookContext);
    const content = () => {
      if (!isLive()) silentOnReplay(this.pino!.logger, isLive);
      return next();
    };
    try {
      await this.pino!.runInContext(content, { bindings });
    } catch (error) {
      if (FINAL.has(outcomeOf(error, request))) this.attempts.forget(request.id);
      throw error;
    }
    if (FINAL.has(outcomeOfReturn(request))) this.attempts.forget(request.id);
  }

  private fieldsOf(request: Request): Record<string, string | number> {
    const { id, target, headers, attemptHeaders } = request;
    const traceparent = attemptHeaders.get('traceparent') ?? headers.get('traceparent');
    const traceId = this.traceId?.() ?? TRACE_ID.exec(String(traceparent))?.[1];
    return {
      invocationId: id,
      target: `${target.service}/${target.handler}`,
      ...(target.key === undefined ? {} : { key: target.key }),
      attempt: this.attemptOf(request),
      ...(traceId === undefined ? {} : { trace_id: traceId }),
    };
  }

  private attemptOf(request: Numbered): number {
    return (request[ATTEMPT] ??= this.attempts.next(request.id));
  }

  private write({ level, isHandlers, parts }: SdkLine, context: Parameters<LoggerTransport>[0]['context']): void {
    const { pino } = this;
    const pinoLevel: PinoLevel = level === 'log' ? 'info' : level;
    if (!pino?.logger.isLevelEnabled(pinoLevel)) return;
    const { text, ...fields } = fieldsIn(parts);
    const all = { ...fields, context: isHandlers ? 'Handler' : 'Restate SDK' };
    // Without a text pino takes the error's.
    const write = () => pino.logger[pinoLevel](all, text || undefined);
    // A handler's own lines come from within its attempt, which has given its fields already.
    if (isHandlers || !context) return write();
    const { invocationId, serviceName, handlerName, request } = context;
    const bindings = request ? this.fieldsOf(request) : { invocationId, target: `${serviceName}/${handlerName}` };
    return pino.runInContext(write, { bindings });
  }
}

/**
 * What is said in a line. Objects are fields, which the application's serializers and redaction see: plain ones as if pino
 * had been given them, others in `data`.
 */
function fieldsIn(parts: readonly unknown[]): Record<string, unknown> & { readonly text: string } {
  const err = parts.find((part) => isA(part, Error));
  const objects = parts.filter((part) => typeof part === 'object' && part !== null && !isA(part, Error));
  const plain = objects.filter((object) => isPlain(object!));
  const data = objects.filter((object) => !plain.includes(object));
  const text = parts.filter((part) => part !== err && !objects.includes(part)).map(asText);
  return {
    ...(Object.assign({}, ...plain) as object),
    ...(data.length > 0 ? { data } : {}),
    ...(err ? { err } : {}),
    text: text.join(' ').trim(),
  };
}

function isPlain(object: object): boolean {
  if (types.isProxy(object)) return false;
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}
