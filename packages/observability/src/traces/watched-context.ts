import { context } from '@opentelemetry/api';
import { type Given, type OperationWatch, type Stretch, watchOperations } from '@rea/core/internal';
import type { Context } from '@restatedev/restate-sdk';
import type { AttemptSpans } from './attempt-spans.js';

/**
 * Makes a context tell of its runs and calls. They are caught where they are started, since a run's closure is called by
 * whoever waits for it: there, nothing says to which part of the work it belongs.
 */
export function watchContext(ctx: Context, spans: AttemptSpans): void {
  watchOperations(ctx, new WatchedContext(spans));
}

class WatchedContext implements OperationWatch {
  constructor(private readonly spans: AttemptSpans) {}

  run(name: string): () => Stretch {
    const started = context.active();
    return () => this.spans.run(name, started);
  }

  called(verb: 'call' | 'send', given: Given): void {
    this.spans.called(verb, given);
  }
}
