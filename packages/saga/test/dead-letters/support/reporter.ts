import { Handler, Service } from '@rea/core';
import type { DeadLetterReport } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { DeadLetterQueue } from '../../../src/dead-letters/dead-letter-queue.js';

/** Stands for the saga engine: reports from inside a handler. */
@Service()
export class Reporter {
  constructor(private readonly queue: DeadLetterQueue) {}

  /** Tells its invocation id. */
  @Handler()
  async report(ctx: Context, reports: readonly DeadLetterReport[]): Promise<string> {
    for (const report of reports) this.queue.add(ctx, report);
    return ctx.request().id;
  }
}
