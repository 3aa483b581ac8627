import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';

/**
 * An OpenTelemetry context that refers to the one that it was made of. OpenTelemetry's own copies all values each time, and
 * is made of functions, which V8 puts in the old space: they are most of what a span costs, and whatever they refer to
 * lives until the next full collection. A context that is made of this one is one of these, too.
 */
export class ChainedContext implements Context {
  /** With nothing in it. */
  static readonly ROOT: Context = new ChainedContext(ROOT_CONTEXT, Symbol('nothing'), undefined);

  private constructor(
    private readonly outer: Context,
    private readonly key: symbol,
    private readonly value: unknown,
  ) {}

  getValue(key: symbol): unknown {
    return key === this.key ? this.value : this.outer.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new ChainedContext(this, key, value);
  }

  deleteValue(key: symbol): Context {
    return new ChainedContext(this, key, undefined);
  }
}
