import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import type { Stretch, WorkPart } from '@rea/core/internal';
import type { AttemptOutcome } from '@rea/core';
import type { Request } from '@restatedev/restate-sdk';
import { endOuterSpan, endSpan, type SpanMaker } from './span-maker.js';
import type { ToldParts } from './told-parts.js';
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
  private readonly counts = new Map<string, number>();
  private wasLive = false;

  constructor(
    private readonly maker: SpanMaker,
    private readonly told: ToldParts,
    private readonly request: Request,
    private isProcessing: () => boolean,
  ) {}

  /** False while the attempt replays. Once it does something new it goes on with that, so the SDK is not asked again. */
  private get isLive(): boolean {
    return (this.wasLive ||= this.isProcessing());
  }

  /** Begins a part where the calling code is. */
  begin({ name, attributes }: WorkPart): Stretch {
    const id = `${name}#${this.count(name)}`;
    const part = new PartSpan(this.maker, name, attributes, this.isLive, (span) => this.close(span, id));
    this.open.add(part);
    return part;
  }

  /** One try of a run's closure. @param parent of the code that has started the run */
  run<T>(name: string, parent: Context, action: () => T | Promise<T>): Promise<T> {
    use(parent);
    const span = this.maker.start(`run ${name}`, {}, parent);
    return context.with(trace.setSpan(parent, span), async () => {
      try {
        const value = await action();
        endSpan(span);
        return value;
      } catch (error) {
        endSpan(span, error);
        throw error;
      }
    });
  }

  /** A call is made, or a message sent. The span is an instant: what is called runs below it, as long as it takes. */
  called(verb: 'call' | 'send', call: OutgoingCall): void {
    const id = `${verb}#${this.count(verb)}`;
    if (!this.isLive || !this.told.tell(this.request.id, id)) return;
    const parent = context.active();
    use(parent);
    const ids = idsIn(call.headers);
    const isOwn = ids !== undefined && ids.traceId === traceIdOf(parent);
    const attributes: Attributes = { 'rea.target.service': call.service, 'rea.target.handler': call.method };
    if (call.key !== undefined) attributes['rea.target.key'] = call.key;
    const span = this.maker.start(
      `${verb} ${call.service}/${call.method}`,
      { kind: SpanKind.PRODUCER, attributes },
      parent,
      isOwn ? { spanId: ids.spanId } : {},
    );
    span.end();
  }

  /** The attempt has ended; what goes on in a later one is told by that one, too. */
  end(outcome: AttemptOutcome): void {
    for (const part of this.open) part.interrupt(outcome);
    this.open.clear();
    // OpenTelemetry's contexts, which know the parts, live until the next full collection; the attempt need not.
    this.isProcessing = ENDED;
    if (outcome === 'completed' || outcome === 'failed' || outcome === 'cancelled') this.told.forget(this.request.id);
  }

  private close(part: PartSpan, id: string): boolean {
    this.open.delete(part);
    const isNew = (part.isUsed || this.isLive) && this.told.tell(this.request.id, id);
    return part.isUsed || isNew;
  }

  private count(name: string): number {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    return count;
  }
}

/** A part of an attempt's work. A span that is not ended is never exported. */
class PartSpan implements Stretch {
  /** Something that is told has happened in it. */
  isUsed = false;
  private readonly span: Span;
  private readonly within: Context;
  private readonly parent: Context;
  private isOver = false;

  constructor(
    maker: SpanMaker,
    name: string,
    attributes: Readonly<Record<string, string>>,
    private readonly startedLive: boolean,
    /** Whether it is to be told. */
    private readonly close: (part: PartSpan) => boolean,
  ) {
    this.parent = context.active();
    this.span = maker.start(name, { attributes }, this.parent);
    this.within = trace.setSpan(this.parent, this.span).setValue(PART, this);
  }

  run<T>(fn: () => T): T {
    return context.with(this.within, fn);
  }

  end(error?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.close(this)) this.finish(error);
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
  }

  private finish(error?: unknown): void {
    use(this.parent);
    endOuterSpan(this.span, error);
  }
}

/** Something is told below a context: the parts that it belongs to are told as well. */
function use(within: Context): void {
  const part = within.getValue(PART);
  if (part instanceof PartSpan) part.use();
}
