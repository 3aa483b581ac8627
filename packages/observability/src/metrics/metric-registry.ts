import type { Gauge } from 'prom-client';
import { ObservabilityError } from '../observability.errors.js';
import { BatchedCounter } from './batched-counter.js';
import { KeptHistogram } from './kept-histogram.js';
import type { HistogramDefinition, MetricDefinition, MetricSource } from './metric-source.js';
import type { PromClient } from './prom-client.js';

/** What counts for a metric of the library: one for each, whichever application of the process counts. */
const counters = new WeakMap<object, BatchedCounter<string>>();

/** What the library keeps of a metric beside what its types say. */
interface Known {
  readonly labelNames: readonly string[];
  readonly type: string;
}

/** `prom-client`'s own registry, the one that is served: several applications of one process share its metrics. */
export class MetricRegistry implements MetricSource {
  constructor(private readonly client: PromClient) {}

  counter<L extends string>(definition: MetricDefinition<L>): BatchedCounter<L> {
    return this.batched('counter', definition);
  }

  /** A gauge of what begins and ends: it is only counted up and down. */
  upDownCounter<L extends string>(definition: MetricDefinition<L>): BatchedCounter<L> {
    return this.batched('gauge', definition);
  }

  gauge<L extends string>({ name, help, labels }: MetricDefinition<L>): Gauge<L> {
    const known = this.known('gauge', name, labels) as Gauge<L> | undefined;
    return known ?? new this.client.Gauge({ name, help, labelNames: labels });
  }

  histogram<L extends string>(definition: HistogramDefinition<L>): KeptHistogram<L> {
    const known = this.known('histogram', definition.name, definition.labels);
    if (known instanceof KeptHistogram) return known;
    if (known) throw madeElsewhere('histogram', definition.name);
    const histogram = new KeptHistogram(definition);
    this.client.register.registerMetric(histogram.asMetric);
    return histogram;
  }

  private batched<L extends string>(
    type: 'counter' | 'gauge',
    { name, help, labels }: MetricDefinition<L>,
  ): BatchedCounter<L> {
    const known = this.known(type, name, labels);
    const counter = known && counters.get(known);
    if (counter) return counter as BatchedCounter<L>;
    if (known) throw madeElsewhere(type, name);
    const batched = new BatchedCounter(labels);
    const Metric = type === 'counter' ? this.client.Counter : this.client.Gauge;
    const metric = new Metric<L>({
      name,
      help,
      labelNames: labels,
      collect() {
        batched.flush(this);
      },
    });
    counters.set(metric, batched);
    return batched;
  }

  /** The metric of that name. @throws ObservabilityError (`REA1061`) when it is another one */
  private known(type: string, name: string, labels: readonly string[]): object | undefined {
    const known = this.client.register.getSingleMetric(name) as Known | undefined;
    if (!known) return undefined;
    const { type: knownType, labelNames } = known;
    if (knownType !== type || labelNames.toSorted().join() !== labels.toSorted().join()) {
      throw new ObservabilityError(
        'REA1061',
        `The metric ${name} is a ${knownType} with the labels (${labelNames.join(', ')}) already.`,
        'Give this one another name, or the same type and labels.',
      );
    }
    return known;
  }
}

function madeElsewhere(type: string, name: string): ObservabilityError {
  return new ObservabilityError(
    'REA1061',
    `The ${type} ${name} was made elsewhere already.`,
    'Give this one another name, or make both with ReaMetrics.',
  );
}
