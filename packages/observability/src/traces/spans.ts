import { Inject, Injectable } from '@nestjs/common';
import { currentScope } from '@rea/core/internal';
import type { Tracing } from './tracing.js';

/** Injection token of the traces; undefined while they are off. */
export const TRACING = Symbol('REA_TRACING');

/** Attributes of a span. Not for secrets: whoever reads the traces sees them. */
export type SpanAttributes = Readonly<Record<string, string>>;

/**
 * Spans of your own, in handlers, in what they call, and elsewhere.
 *
 * In a handler a span is told by the attempts in which something new happens in it: a replay, which goes through the same
 * code again, makes none. One that the attempt does not see the end of, since it is suspended for example, ends with the
 * attempt and has the attribute `rea.outcome`; the attempt that goes on has a span of the same name. With traces off the
 * function is called the same way, and nothing else happens.
 *
 * @example
 * ```ts
 * const quote = await this.spans.in('quote', () => this.best(ctx, order), { carrier: 'any' });
 * ```
 */
@Injectable()
export class Spans {
  constructor(@Inject(TRACING) private readonly tracing: Tracing | undefined) {}

  /**
   * Runs a function as the content of a span: runs, durable calls and spans that it starts are below it.
   *
   * @param name few different ones: what differs from call to call is an attribute
   * @returns what the function returns
   * @throws what the function throws; the span has failed then
   */
  async in<T>(name: string, fn: () => PromiseLike<T>, attributes: SpanAttributes = {}): Promise<T> {
    const { tracing } = this;
    const scope = currentScope();
    const stretch =
      scope && scope.closed === undefined ? tracing?.begin(scope.attempt, { name, attributes }) : undefined;
    // Traced or not, the function is awaited the same way: code that runs side by side goes on in the same order.
    const content = async () => fn();
    try {
      const value = await (stretch?.run(content) ?? tracing?.plain(name, attributes, content) ?? content());
      stretch?.end();
      return value;
    } catch (error) {
      stretch?.end(error);
      throw error;
    }
  }
}
