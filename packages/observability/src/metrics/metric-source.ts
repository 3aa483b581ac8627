/** What a metric is, beside its type. */
export interface MetricDefinition<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

export interface HistogramDefinition<L extends string> extends MetricDefinition<L> {
  /** Upper bounds, in the metric's unit, rising. */
  readonly buckets: readonly number[];
}

/** Where metrics are made. It knows no library, so that types of this package need none that an application may not have. */
export interface MetricSource {
  counter<L extends string>(
    definition: MetricDefinition<L>,
  ): { inc(labels: Readonly<Record<L, string | number>>, by?: number): void };
  histogram<L extends string>(
    definition: HistogramDefinition<L>,
  ): { observe(labels: Readonly<Record<L, string | number>>, value: number): void };
}
