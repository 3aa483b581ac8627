import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import {
  context,
  ProxyTracerProvider,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
  type TracerProvider,
} from '@opentelemetry/api';
import {
  type Attempt,
  type Instrumentation,
  outcomeOf,
  outcomeOfReturn,
  type Stretch,
  UNWATCHED,
  type WorkPart,
} from '@rea/core/internal';
import type { Context, HooksProvider, Request } from '@restatedev/restate-sdk';
import { openTelemetryHook } from '@restatedev/restate-sdk-opentelemetry';
import { isProcessing, releasable } from '../is-processing.js';
import { AttemptSpans } from './attempt-spans.js';
import { callWithin } from './context-manager.js';
import { withIds } from './id-generator.js';
import { endSpan, reportBroken, SpanMaker } from './span-maker.js';
import { ToldParts } from './told-parts.js';
import { originOf, traceIdOf, W3C, withNewTrace } from './trace-context.js';
import { watchContext } from './watched-context.js';

const NO_HEADERS: ReadonlyMap<string, string> = new Map();

const SPANS = Symbol('rea.spans');

/** What OpenTelemetry's own providers are beyond the API. */
type Flushable = TracerProvider & { forceFlush?(): Promise<void> };

/** A request that knows the spans of its attempt. */
type Traced = Request & { [SPANS]?: AttemptSpans | undefined };

/** Makes spans of ingress calls, attempts, runs, durable calls and parts of the work, all in the caller's trace. */
export class Tracing implements Instrumentation {
  readonly hooks: readonly HooksProvider[];
  private readonly tracer = trace.getTracer('@rea/observability');
  private readonly maker = new SpanMaker(this.tracer);
  private readonly told = new ToldParts();
  private readonly log = new Logger('Rea');
  private hasWarned = false;

  constructor() {
    const hook = openTelemetryHook({ tracer: this.tracer, runSpans: false });
    this.hooks = [(hookContext) => this.attempt(hookContext, hook)];
  }

  /** The trace that the calling code belongs to. */
  get traceId(): string | undefined {
    return traceIdOf(context.active());
  }

  /** Exports what has been told so far. Never throws: nothing hangs on it. */
  async flush(): Promise<void> {
    const registered = trace.getTracerProvider();
    const provider: Flushable = registered instanceof ProxyTracerProvider ? registered.getDelegate() : registered;
    await provider.forceFlush?.().catch(() => undefined);
  }

  opened(ctx: Context, { request }: Attempt): void {
    const spans = spansOf(request);
    if (spans) watchContext(ctx, spans);
  }

  begin({ request }: Attempt, part: WorkPart): Stretch {
    return spansOf(request)?.begin(part) ?? UNWATCHED;
  }

  /** A span that is told each time: of code that no replay goes through again. */
  plain<T>(name: string, attributes: WorkPart['attributes'], fn: () => Promise<T>): Promise<T> {
    return this.around(this.maker.start(name, { attributes }, context.active()), fn);
  }

  request<T>(what: string, send: () => Promise<T>): Promise<T> {
    return this.around(this.maker.start(what, { kind: SpanKind.CLIENT }, context.active()), send);
  }

  headers(isDelayed: boolean): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    W3C.inject(context.active(), headers, { set: (carrier, name, value) => (carrier[name] = value) });
    return isDelayed ? withNewTrace(headers) : headers;
  }

  private async around<T>(span: Span, fn: () => Promise<T>): Promise<T> {
    try {
      const value = await context.with(trace.setSpan(context.active(), span), fn);
      endSpan(span);
      return value;
    } catch (error) {
      endSpan(span, error);
      throw error;
    }
  }

  /** The span is the one of Restate's own hook, which knows only the server's spans as parents. */
  private attempt(hookContext: Parameters<HooksProvider>[0], hook: HooksProvider): ReturnType<HooksProvider> {
    const { request } = hookContext;
    const { parent, links, traceId = traceIdFor(request.id) } = originOf(request);
    // The hook would take the server's span for the parent.
    const told =
      links.length > 0 ? (Object.create(request, { attemptHeaders: { value: NO_HEADERS } }) as Request) : request;
    const { lent, release } = releasable(hookContext, told);
    const start = () => hook(lent).interceptor!.handler!;
    const handler = callWithin(parent, () => {
      if (context.active() !== parent) return this.warnOfNoContexts();
      try {
        return traceIdOf(parent) === undefined ? withIds({ traceId }, start) : start();
      } catch (error) {
        return reportBroken(error);
      }
    });
    if (!handler) return {};
    const spans = new AttemptSpans(this.maker, this.told, request, isProcessing(hookContext));
    (request as Traced)[SPANS] = spans;
    const around = async (next: () => Promise<void>) => {
      let followed: Promise<void> | undefined;
      try {
        await handler(() => (followed = this.follow(request, spans, links, next)));
      } catch (error) {
        // Whatever the hook throws, the handler has ended as it has.
        await (followed ?? next());
        reportBroken(error);
      } finally {
        release();
        (request as Traced)[SPANS] = undefined;
      }
    };
    return { interceptor: { handler: around } };
  }

  private warnOfNoContexts(): void {
    if (this.hasWarned || process.env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return;
    this.hasWarned = true;
    this.log.warn(
      'REA9011: Traces are on, but OpenTelemetry is not set up: it has no context manager, so handlers are not traced. Load the file that sets it up before the application: node --import ./tracing.js main.js. Or turn the option traces off.',
    );
  }

  private async follow(
    request: Request,
    spans: AttemptSpans,
    links: readonly SpanContext[],
    next: () => Promise<void>,
  ): Promise<void> {
    const span = trace.getActiveSpan()!;
    for (const link of links) span.addLink({ context: link });
    const { service, handler } = request.target;
    // The hook's own name has the key in it, of which there may be millions.
    span.updateName(`attempt ${service}/${handler}`);
    const end = (outcome: ReturnType<typeof outcomeOf>) => {
      spans.end(outcome);
      span.setAttribute('rea.outcome', outcome);
    };
    try {
      await next();
    } catch (error) {
      end(outcomeOf(error, request));
      throw error;
    }
    end(outcomeOfReturn(request));
  }
}

function spansOf(request: Request): AttemptSpans | undefined {
  return (request as Traced)[SPANS];
}

/** All attempts of an invocation that was called without a trace are in one. */
function traceIdFor(invocationId: string): string {
  return hash('sha256', invocationId).slice(0, 32);
}
