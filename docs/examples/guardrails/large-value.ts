import { Injectable } from '@nestjs/common';
import type { Context } from '@restatedev/restate-sdk';
import { Handler, run, Service, withPolicy } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Injectable()
export class Files {
  private readonly contents = new Map<string, string>();
  private rows = 75_000;

  /** A report of 300 kB, which grows from day to day. */
  async report(): Promise<string> {
    this.rows += 1;
    return 'row;'.repeat(this.rows);
  }

  async write(name: string, contents: string): Promise<string> {
    this.contents.set(name, contents);
    return name;
  }
}

@Service()
export class Exports {
  constructor(private readonly files: Files) {}

  // #region bad
  @Handler()
  async exportThroughJournal(ctx: Context): Promise<string> {
    const report = await run(ctx, 'read', () => this.files.report()); // 300 kB, sent again on each replay
    return run(ctx, 'write', ({ idempotencyKey }) => this.files.write(idempotencyKey, report));
  }
  // #endregion bad

  @Handler()
  async answer(_ctx: Context): Promise<string> {
    return this.files.report();
  }

  // #region good
  @Handler()
  async export(ctx: Context): Promise<string> {
    return run(ctx, 'export', async ({ idempotencyKey }) => {
      return this.files.write(idempotencyKey, await this.files.report()); // the journal gets the name only
    });
  }
  // #endregion good

  // #region call
  @Handler()
  async summary(ctx: Context): Promise<number> {
    // Read once, and counted at once: large, and right here.
    const report = await withPolicy({ 'large-value': 'disabled' }, () => run(ctx, 'read', () => this.files.report()));
    return report.length;
  }
  // #endregion call
}

export const scenario: RunningScenario = {
  providers: [Files, Exports],
  bad: [
    {
      form: 'the result of a run',
      provoke: (app) => app.ingress.service(Exports).call.exportThroughJournal(undefined, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'each replay transfers it again' },
    },
    {
      form: 'an output',
      provoke: (app) => app.ingress.service(Exports).call.answer(undefined, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'Restate keeps it with the invocation' },
    },
  ],
  good: [
    (app) => app.ingress.service(Exports).call.export(undefined, { idempotencyKey: false }),
    (app) => app.ingress.service(Exports).call.summary(undefined, { idempotencyKey: false }),
  ],
};
