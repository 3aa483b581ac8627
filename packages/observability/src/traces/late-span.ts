import {
  type Attributes,
  type AttributeValue,
  type Exception,
  INVALID_SPAN_CONTEXT,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api';

/**
 * A span of code that a replay goes through again. It begins when something new is told below it, as of the time at which
 * it was made; most never do, and OpenTelemetry would keep count of spans that never end. Until then it stands for the span
 * that it is in, and what it is given is kept for it, but for events that a replay repeats.
 */
export class LateSpan implements Span {
  private readonly madeAt = Date.now();
  private readonly given: ((span: Span) => void)[] = [];
  private span: Span | undefined;

  /**
   * @param start begins the span, as of a time in milliseconds since the epoch
   * @param isReplaying whether what happens now has happened before
   */
  constructor(
    private readonly outer: Span | undefined,
    private readonly isReplaying: () => boolean,
    private readonly start: (startTime: number) => Span,
  ) {}

  begin(): void {
    if (this.span) return;
    this.span = this.start(this.madeAt);
    for (const give of this.given.splice(0)) give(this.span);
  }

  spanContext(): SpanContext {
    return (this.span ?? this.outer)?.spanContext() ?? INVALID_SPAN_CONTEXT;
  }

  isRecording(): boolean {
    return this.span?.isRecording() ?? false;
  }

  setAttribute(key: string, value: AttributeValue): this {
    return this.give((span) => span.setAttribute(key, value));
  }

  setAttributes(attributes: Attributes): this {
    return this.give((span) => span.setAttributes(attributes));
  }

  setStatus(status: SpanStatus): this {
    return this.give((span) => span.setStatus(status));
  }

  updateName(name: string): this {
    return this.give((span) => span.updateName(name));
  }

  addLink(link: Link): this {
    return this.give((span) => span.addLink(link));
  }

  addLinks(links: Link[]): this {
    return this.give((span) => span.addLinks(links));
  }

  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.isReplaying()) return this;
    const at = time ?? (isTime(attributes) ? attributes : Date.now());
    return this.give((span) => span.addEvent(name, isTime(attributes) ? {} : attributes, at));
  }

  recordException(exception: Exception, time: TimeInput = Date.now()): void {
    if (!this.isReplaying()) this.give((span) => span.recordException(exception, time));
  }

  end(...time: Parameters<Span['end']>): void {
    this.span?.end(...time);
  }

  private give(how: (span: Span) => void): this {
    if (this.span) how(this.span);
    else this.given.push(how);
    return this;
  }
}

function isTime(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || Array.isArray(value);
}
