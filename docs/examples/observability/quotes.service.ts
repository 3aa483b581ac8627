// #region spans
import { all, Handler, run, Service } from '@rea/core';
import { Spans } from '@rea/observability';
import type { Context } from '@restatedev/restate-sdk';

const CARRIERS = ['owl', 'van'];

@Service()
export class Quotes {
  constructor(private readonly spans: Spans) {}

  @Handler()
  async cheapest(ctx: Context, grams: number): Promise<number> {
    const quotes = await this.spans.in('ask carriers', () =>
      all(
        ctx,
        CARRIERS.map((carrier) => run(ctx, `ask ${carrier}`, () => grams * carrier.length)),
      ),
    );
    return Math.min(...quotes);
  }
}
// #endregion spans
