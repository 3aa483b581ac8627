// #region own
import { Handler, run, Service } from '@rea/core';
import { type ReaCounter, type ReaHistogram, ReaMetrics } from '@rea/observability';
import type { Context } from '@restatedev/restate-sdk';

export interface Parcel {
  readonly carrier: 'owl' | 'van';
  readonly kilograms: number;
}

@Service()
export class Parcels {
  private readonly sent: ReaCounter<'carrier'>;
  private readonly weight: ReaHistogram;

  constructor(metrics: ReaMetrics) {
    this.sent = metrics.counter({ name: 'shop_parcels_total', help: 'Parcels sent.', labels: ['carrier'] });
    this.weight = metrics.histogram({
      name: 'shop_parcel_kilograms',
      help: 'Weight of parcels sent.',
      buckets: [0.5, 1, 5, 20],
    });
  }

  @Handler()
  async send(ctx: Context, { carrier, kilograms }: Parcel): Promise<string> {
    const label = await run(ctx, 'print label', () => `label for the ${carrier}`);
    this.sent.inc({ carrier }); // once, however often this line is replayed
    this.weight.observe(kilograms);
    return label;
  }
}
// #endregion own
