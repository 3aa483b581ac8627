/** What a counter of your own is. */
export interface CounterOptions<L extends string> {
  /** By Prometheus' conventions: lower case, the unit in the plural, `_total` at the end: `shop_parcels_total`. */
  readonly name: string;
  /** One sentence, for who reads the metric. */
  readonly help: string;
  /** Names of labels. Their values have to be few: each combination is a series of its own. Default: none. */
  readonly labels?: readonly L[];
}

/** What a histogram of your own is. */
export interface HistogramOptions<L extends string> extends CounterOptions<L> {
  /** By Prometheus' conventions, with the unit at the end: `shop_basket_euros`, `shop_delivery_seconds`. */
  readonly name: string;
  /** Upper bounds, rising. Default: from a millisecond to ten minutes, in seconds. */
  readonly buckets?: readonly number[];
}

/** A value for each label. */
export type MetricLabels<L extends string> = Readonly<Record<L, string | number>>;

/** What is counted, after the labels where there are any. */
export type Labelled<L extends string, Rest extends unknown[]> = [L] extends [never]
  ? Rest
  : [labels: MetricLabels<L>, ...Rest];

/** A counter, counted once per invocation. */
export interface ReaCounter<L extends string = never> {
  /** Counts. @param given the labels, where there are any; by how much, 1 by default */
  inc(...given: Labelled<L, [by?: number]>): void;
}

/** A histogram, observed once per invocation. */
export interface ReaHistogram<L extends string = never> {
  /** Adds a value. @param given the labels, where there are any; the value, in the metric's unit */
  observe(...given: Labelled<L, [value: number]>): void;
}
