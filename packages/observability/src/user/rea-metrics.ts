import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { oncePerInvocation } from '@rea/core/internal';
import { SECONDS } from '../metrics/buckets.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import type { MetricSource } from '../metrics/metric-source.js';
import { checkMetric } from './metric-checks.js';
import type {
  CounterOptions,
  HistogramOptions,
  Labelled,
  MetricLabels,
  ReaCounter,
  ReaHistogram,
} from './user-metric.types.js';

/**
 * Counters and histograms of your own, counted **once per invocation**: not again on a replay, and not by an attempt that
 * fails and is repeated.
 *
 * In a handler a count is kept back until the journal has gone past the line that made it, which is when the handler next
 * waits for something durable that comes after it, or when its attempt ends. In a run's closure it counts when that try
 * of the closure succeeds. Elsewhere, for example in a controller, it counts at once.
 *
 * The one exception is a process or connection that is lost in the moment when the journal goes past the line: the count
 * may then be missing (the process died before it was made) or be made twice (the connection was lost before the server
 * had stored what came after). What a process has counted since it was last scraped dies with it, as with every counter.
 *
 * Without the option `metrics` nothing is counted, and the code that counts works all the same.
 *
 * @example
 * ```ts
 * constructor(metrics: ReaMetrics) {
 *   this.parcels = metrics.counter({ name: 'shop_parcels_total', help: 'Parcels sent.', labels: ['carrier'] });
 * }
 * ```
 */
@Injectable()
export class ReaMetrics {
  private readonly logger = new Logger('Rea');
  /** Metrics whose bad values have been told. */
  private readonly told = new Set<string>();

  constructor(@Optional() @Inject(MetricRegistry) private readonly registry: MetricSource | undefined) {}

  /**
   * A counter. The same name with the same labels is the same counter.
   *
   * @throws ObservabilityError (`REA1061`, `REA1062`) when the name is taken by another metric, or is not one by
   *   Prometheus' conventions
   */
  counter<const L extends string = never>(options: CounterOptions<L>): ReaCounter<L> {
    checkMetric('counter', options);
    const counter = this.registry?.counter({ ...options, labels: options.labels ?? [] });
    return {
      inc: (...given: Labelled<L, [by?: number]>) => {
        const { labels, values } = split<L>(given, options.labels);
        const [by = 1] = values;
        if (!(by >= 0 && by < Infinity)) this.tellBad(options.name, by, 'a number, 0 or more');
        else if (counter) oncePerInvocation(() => counter.inc(labels, by));
      },
    };
  }

  /**
   * A histogram. The same name with the same labels is the same histogram.
   *
   * @throws ObservabilityError (`REA1061`, `REA1062`) as {@link counter}
   */
  histogram<const L extends string = never>(options: HistogramOptions<L>): ReaHistogram<L> {
    checkMetric('histogram', options);
    const histogram = this.registry?.histogram({
      ...options,
      labels: options.labels ?? [],
      buckets: options.buckets ?? SECONDS,
    });
    return {
      observe: (...given: Labelled<L, [value: number]>) => {
        const { labels, values } = split<L>(given, options.labels);
        const [value = NaN] = values;
        if (!Number.isFinite(value)) this.tellBad(options.name, value, 'a number');
        else if (histogram) oncePerInvocation(() => histogram.observe(labels, value));
      },
    };
  }

  /** What is counted wrongly must not end an invocation, nor have it tried again without end. */
  private tellBad(name: string, value: number, wanted: string): void {
    if (this.told.has(name)) return;
    this.told.add(name);
    this.logger.error(`REA9006: The metric ${name} was given ${value}, which is not counted. Give it ${wanted}.`);
  }
}

/** Tells the labels, which come first where there are any, from the values. */
function split<L extends string>(
  given: readonly unknown[],
  names: readonly L[] = [],
): { readonly labels: MetricLabels<L>; readonly values: readonly (number | undefined)[] } {
  const [labels, values] = names.length > 0 ? [given[0], given.slice(1)] : [{}, given];
  return { labels: labels as MetricLabels<L>, values: values as (number | undefined)[] };
}
