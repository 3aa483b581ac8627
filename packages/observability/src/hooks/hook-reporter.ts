import { Logger } from '@nestjs/common';
import type { HookMetrics } from './hook-metrics.js';
import type { HookReports } from './hook-queue.js';
import { errorOf } from '@rea/core/internal';

/** A hook that fails at each event must not flood the log: the 1st, 10th, 100th time are told. */
const POWERS_OF_TEN = /^10*$/;

/** Logs and counts what becomes of the events of one hook. */
export class HookReporter implements HookReports {
  private readonly logger = new Logger('Rea');
  private readonly times = { failed: 0, dropped: 0, blocked: 0 };

  constructor(
    /** For messages: `Alerts.tell`. */
    private readonly hook: string,
    private readonly size: number,
    private readonly metrics: HookMetrics | undefined,
  ) {}

  handled(): void {
    this.metrics?.events.inc({ hook: this.hook, outcome: 'handled' });
  }

  failed(error: unknown): void {
    this.metrics?.events.inc({ hook: this.hook, outcome: 'failed' });
    if (this.isTold('failed')) {
      this.logger.error(
        `REA9001: The hook ${this.hook} has failed (${this.count('failed')}); no invocation is affected. Mend it, or catch what it may throw.`,
        errorOf(error).stack,
      );
    }
  }

  dropped(): void {
    this.metrics?.events.inc({ hook: this.hook, outcome: 'dropped' });
    if (this.isTold('dropped')) {
      this.logger.warn(
        `REA9003: The hook ${this.hook} is slower than what it is told of: ${this.size} events wait, and further ones are dropped (${this.count('dropped')}). Let it do less, or hand the work on in a message.`,
      );
    }
  }

  blocked(millis: number): void {
    this.metrics?.blocked.inc({ hook: this.hook });
    if (this.isTold('blocked')) {
      this.logger.warn(
        `REA9002: The hook ${this.hook} has blocked the event loop for ${Math.round(millis)} ms (${this.count('blocked')}); handlers and requests of this process have waited. Let it do less at once, or do it in a worker.`,
      );
    }
  }

  private isTold(what: keyof HookReporter['times']): boolean {
    this.times[what] += 1;
    return POWERS_OF_TEN.test(String(this.times[what]));
  }

  private count(what: keyof HookReporter['times']): string {
    const times = this.times[what];
    return times === 1 ? 'the first time' : `${times} times so far`;
  }
}
