import { ModuleRef } from '@nestjs/core';
import { Handler, Service } from '@rea/core';
import type { DeadLetterReport } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { DeadLetterQueue } from '../../../src/dead-letters/dead-letter-queue.js';

/** Stands for the saga engine: reports from inside a handler. */
@Service()
export class Reporter {
  constructor(private readonly app: ModuleRef) {}

  /** Tells its invocation id. */
  @Handler()
  async report(ctx: Context, reports: readonly DeadLetterReport[]): Promise<string> {
    // The queue is the saga module's own, which does not export it.
    const queue = this.app.get(DeadLetterQueue, { strict: false });
    for (const report of reports) queue.add(ctx, report);
    return ctx.request().id;
  }
}
