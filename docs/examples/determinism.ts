import type { Context } from '@restatedev/restate-sdk';
import { allowNondeterminism, Handler, run, Service } from '@rea/core';

/** Another system: only runs may ask it. */
export class Rates {
  async today(currency: string): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return currency === 'EUR' ? 1 : 1.1;
  }
}

@Service()
export class Invoices {
  private readonly rates = new Rates();
  readonly durations: number[] = [];

  // #region bad
  @Handler()
  async draft(_ctx: Context, currency: string) {
    const number = crypto.randomUUID(); // another one on each replay
    const due = new Date(); // so is this
    due.setDate(due.getDate() + 30);
    return { number, currency, due: due.toISOString(), rate: await this.rates.today(currency) };
  }
  // #endregion bad

  // #region good
  @Handler()
  async create(ctx: Context, currency: string) {
    const number = ctx.rand.uuidv4(); // seeded by the invocation: the same on each replay
    const due = new Date(await ctx.date.now()); // journaled; a Date of a known time is a plain value
    due.setDate(due.getDate() + 30);
    const rate = await run(ctx, 'rate', () => this.rates.today(currency)); // anything goes inside a run
    return { number, currency, due: due.toISOString(), rate };
  }
  // #endregion good

  // #region allow
  @Handler()
  async measured(ctx: Context): Promise<string> {
    const startedAt = allowNondeterminism(() => performance.now()); // for a metric, which no replay depends on
    await ctx.sleep(5);
    allowNondeterminism(() => this.durations.push(performance.now() - startedAt));
    return 'done';
  }
  // #endregion allow
}
