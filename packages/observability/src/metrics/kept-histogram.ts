import type { Histogram } from 'prom-client';
import { LabelTree, type LabelValues } from './label-tree.js';
import type { HistogramDefinition } from './metric-source.js';

interface Distribution<L extends string> {
  readonly labels: LabelValues<L>;
  /** Of each bucket alone, the last without an upper bound. */
  readonly counts: number[];
  sum: number;
}

/** One line of what is served. */
interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * A histogram that the library's registry serves as it serves its own ones: it asks a metric for no more than is public
 * here. The library's own finds the series anew for each value, by a text of all labels, and that was nearly half of what
 * metrics cost.
 */
export class KeptHistogram<L extends string> {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
  private readonly bounds: readonly number[];
  private series!: LabelTree<L, Distribution<L>>;

  constructor({ name, help, labels, buckets }: HistogramDefinition<L>) {
    this.name = name;
    this.help = help;
    this.labelNames = labels;
    this.bounds = [...buckets];
    this.reset();
  }

  /** As the types of the library want it. */
  get asMetric(): Histogram<L> {
    return this as unknown as Histogram<L>;
  }

  observe(labels: LabelValues<L>, value: number): void {
    const { bounds } = this;
    const distribution = this.series.at(labels);
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
    distribution.counts[bucket]! += 1;
    distribution.sum += value;
  }

  /** What the registry serves: buckets are cumulative there. @see https://prometheus.io/docs/concepts/metric_types/#histogram */
  get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    return Promise.resolve({
      name,
      help,
      type,
      aggregator,
      values: this.series.cells.flatMap((each) => this.lines(each)),
    });
  }

  reset(): void {
    this.series = new LabelTree(this.labelNames, (labels) => ({
      labels,
      counts: Array.from({ length: this.bounds.length + 1 }, () => 0),
      sum: 0,
    }));
  }

  private lines({ labels, counts, sum }: Distribution<L>): Line[] {
    let count = 0;
    const buckets = [...this.bounds, '+Inf'].map((le, index) => {
      count += counts[index]!;
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
