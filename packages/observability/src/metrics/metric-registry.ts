import type { Counter, Gauge, Histogram } from 'prom-client';
import { ObservabilityError } from '../observability.errors.js';
import { BatchedCounter } from './batched-counter.js';
import type { HistogramDefinition, MetricDefinition, MetricSource } from './metric-source.js';
import type { PromClient } from './prom-client.js';

/** What is still to be added to the library's counters: one for each, whichever application of the process counts. */
const batches = new WeakMap<object, BatchedCounter<string>>();

interface Metrics<L extends string> {
  counter: Counter<L>;
  gauge: Gauge<L>;
  histogram: Histogram<L>;
}

/** What the library keeps of a metric beside what its types say. */
interface Known {
  readonly labelNames: readonly string[];
  readonly type: string;
}

/** `prom-client`'s own registry, the one that is served: several applications of one process share its metrics. */
export class MetricRegistry implements MetricSource {
  constructor(private readonly client: PromClient) {}

  counter<L extends string>({ name, help, labels }: MetricDefinition<L>): BatchedCounter<L> {
    const counter = this.metric('counter', name, labels, () => this.createCounter(name, help, labels));
    const batched = batches.get(counter);
    if (batched) return batched as BatchedCounter<L>;
    throw new ObservabilityError(
      'REA1061',
      `The counter ${name} was made elsewhere already.`,
      'Give this one another name, or make both with ReaMetrics.',
    );
  }

  gauge<L extends string>({ name, help, labels }: MetricDefinition<L>): Gauge<L> {
    return this.metric('gauge', name, labels, () => new this.client.Gauge({ name, help, labelNames: labels }));
  }

  histogram<L extends string>({ name, help, labels, buckets }: HistogramDefinition<L>): Histogram<L> {
    return this.metric(
      'histogram',
      name,
      labels,
      () => new this.client.Histogram({ name, help, labelNames: labels, buckets: [...buckets] }),
    );
  }

  private createCounter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L> {
    const batched = new BatchedCounter(labels);
    const counter = new this.client.Counter<L>({
      name,
      help,
      labelNames: labels,
      collect() {
        batched.flush(this);
      },
    });
    batches.set(counter, batched);
    return counter;
  }

  /** The metric of that name, made when there is none. @throws ObservabilityError (`REA1061`) when it is another one */
  private metric<L extends string, T extends keyof Metrics<L>>(
    type: T,
    name: string,
    labels: readonly L[],
    create: () => Metrics<L>[T],
  ): Metrics<L>[T] {
    const known = this.client.register.getSingleMetric(name);
    if (!known) return create();
    const { type: knownType, labelNames } = known as unknown as Known;
    if (knownType !== type || labelNames.toSorted().join() !== labels.toSorted().join()) {
      throw new ObservabilityError(
        'REA1061',
        `The metric ${name} is a ${knownType} with the labels (${labelNames.join(', ')}) already.`,
        'Give this one another name, or the same type and labels.',
      );
    }
    return known as unknown as Metrics<L>[T];
  }
}
