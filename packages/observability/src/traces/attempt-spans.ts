import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Span,
  SpanKind,
  type SpanOptions,
  trace,
} from '@opentelemetry/api';
import { type AmbientValue, type Stretch, TRACE_LINK_HEADER, type WorkPart } from '@rea/core/internal';
import type { AttemptOutcome } from '@rea/core';
import type { Request } from '@restatedev/restate-sdk';
import { ambientValue } from './context-manager.js';
import { LateSpan } from './late-span.js';
import { endOuterSpan, endSpan, type SpanMaker } from './span-maker.js';
import type { AttemptParts, ToldParts } from './told-parts.js';
import { idsIn, traceIdOf } from './trace-context.js';

const PART = createContextKey('rea.part');

const ENDED = () => false;

/** A durable call or message, as the SDK's context is given it. */
export interface OutgoingCall {
  readonly service: string;
  readonly method: string;
  readonly key?: string;
  readonly headers?: Record<string, string>;
}

/**
 * The spans within one attempt. What a replay goes through again makes none: a run whose result is known does not run; a
 * call is told when it is made; and a part is told by the attempts in which something new happens in it.
 */
export class AttemptSpans {
  private readonly open = new Set<PartSpan>();
  private readonly parts: AttemptParts;
  private wasLive = false;

  constructor(
    private readonly maker: SpanMaker,
    private readonly told: ToldParts,
    private readonly request: Request,
    private isProcessing: () => boolean,
  ) {
    this.parts = told.begin(request.id);
  }

  /** False while the attempt replays. Once it does something new it goes on with that, so the SDK is not asked again. */
  get isLive(): boolean {
    return (this.wasLive ||= this.isProcessing());
  }

  /** Begins a part where the calling code is. */
  begin({ name, attributes }: WorkPart): Stretch {
    const number = this.parts.add(name);
    const part = new PartSpan(this.maker, name, attributes, this, number, this.parts.wasTold(number));
    this.open.add(part);
    return part;
  }

  /** One try of a run's closure. @param parent of the code that has started the run */
  run(name: string, parent: Context): Stretch {
    use(parent);
    return new TrySpan(this.maker.start(`run ${name}`, {}, parent), parent);
  }

  /** A call is made, or a message sent. The span is an instant: what is called runs below it, as long as it takes. */
  called(verb: 'call' | 'send', call: OutgoingCall): void {
    const part = this.parts.add(verb);
    if (!this.isLive || !this.parts.tell(part)) return;
    const parent = context.active();
    use(parent);
    const ids = idsIn(call.headers?.[TRACE_LINK_HEADER] ?? call.headers?.['traceparent']);
    const isOwn = ids !== undefined && ids.traceId === traceIdOf(parent);
    const attributes: Attributes = { 'rea.target.service': call.service, 'rea.target.handler': call.method };
    if (call.key !== undefined) attributes['rea.target.key'] = call.key;
    const span = this.maker.start(
      `${verb} ${call.service}/${call.method}`,
      { kind: SpanKind.PRODUCER, attributes },
      parent,
      isOwn ? { spanId: ids.spanId } : {},
    );
    endSpan(span);
  }

  /** The attempt has ended; what goes on in a later one is told by that one, too. */
  end(outcome: AttemptOutcome): void {
    for (const part of this.open) part.interrupt(outcome);
    this.open.clear();
    // OpenTelemetry's contexts, which know the parts, live until the next full collection; the attempt need not.
    this.isProcessing = ENDED;
    if (outcome === 'completed' || outcome === 'failed' || outcome === 'cancelled') this.told.forget(this.request.id);
    else this.told.keep(this.request.id, this.parts);
  }

  /** A part is over. Gives whether it is to be told. */
  close(part: PartSpan): boolean {
    this.open.delete(part);
    const isNew = (part.isUsed || this.isLive) && this.parts.tell(part.number);
    return part.isUsed || isNew;
  }
}

/** A try of a run's closure. */
class TrySpan implements Stretch {
  private readonly inside: Context;

  constructor(
    private readonly span: Span,
    parent: Context,
  ) {
    this.inside = trace.setSpan(parent, span);
  }

  get within(): AmbientValue | undefined {
    return ambientValue(this.inside);
  }

  run<T>(fn: () => T): T {
    return context.with(this.inside, fn);
  }

  end(error?: unknown): void {
    endSpan(this.span, error);
  }
}

/** A part of an attempt's work. Its span begins with it where it is sure to be told, else when something is told in it. */
class PartSpan implements Stretch {
  /** Something that is told has happened in it. */
  isUsed = false;
  private readonly span: Span;
  private readonly inside: Context;
  private readonly parent: Context;
  private readonly startedLive: boolean;
  private isOver = false;

  constructor(
    maker: SpanMaker,
    name: string,
    attributes: Readonly<Record<string, string>>,
    private readonly attempt: AttemptSpans,
    /** Among the parts of the attempt. */
    readonly number: number,
    wasTold: boolean,
  ) {
    this.startedLive = attempt.isLive;
    this.parent = context.active();
    const start = (options: SpanOptions) => maker.start(name, options, this.parent);
    this.span =
      this.startedLive && !wasTold
        ? start({})
        : new LateSpan(
            trace.getSpan(this.parent),
            () => !attempt.isLive,
            (startTime) => start({ startTime }),
          );
    // Given at the start they would be checked twice, by allocations that cost half of a span.
    for (const key in attributes) this.span.setAttribute(key, attributes[key]!);
    this.inside = trace.setSpan(this.parent, this.span).setValue(PART, this);
  }

  get within(): AmbientValue | undefined {
    return ambientValue(this.inside);
  }

  run<T>(fn: () => T): T {
    return context.with(this.inside, fn);
  }

  end(error?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.attempt.close(this)) this.finish(error);
  }

  /** The attempt ends before it does. */
  interrupt(outcome: AttemptOutcome): void {
    if (this.isOver) return;
    this.isOver = true;
    if (!this.isUsed && !this.startedLive) return;
    this.span.setAttribute('rea.outcome', outcome);
    this.finish();
  }

  use(): void {
    if (this.isUsed) return;
    this.isUsed = true;
    use(this.parent);
    if (this.span instanceof LateSpan) this.span.begin();
  }

  private finish(error?: unknown): void {
    this.use();
    endOuterSpan(this.span, error);
  }
}

/** Something is told below a context: the parts that it belongs to are told as well. */
function use(within: Context): void {
  const part = within.getValue(PART);
  if (part instanceof PartSpan) part.use();
}
