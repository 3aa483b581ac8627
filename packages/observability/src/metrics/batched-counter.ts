import type { Counter } from 'prom-client';

/** The values of a counter's labels. */
type LabelValues<L extends string> = Readonly<Record<L, string | number>>;

/** A branch by label values, in the order of the labels, down to what has been counted. */
type Branch<L extends string> = Map<string | number, Branch<L> | Count<L>>;

interface Count<L extends string> {
  readonly labels: LabelValues<L>;
  by: number;
}

/** Counts cheaply, and adds it up in the library's counter when that is read: the library takes long to find a series. */
export class BatchedCounter<L extends string> {
  private readonly root: Branch<L> = new Map();
  private readonly counts: Count<L>[] = [];
  /** Of a counter without labels. */
  private readonly only: Count<L> = { labels: {} as LabelValues<L>, by: 0 };

  constructor(private readonly names: readonly L[]) {}

  inc(labels: LabelValues<L>, by = 1): void {
    let found: Branch<L> | Count<L> = this.root;
    for (const name of this.names) {
      const next: Branch<L> | Count<L> | undefined = (found as Branch<L>).get(labels[name]);
      if (!next) return this.begin(labels, by);
      found = next;
    }
    if (found instanceof Map) this.only.by += by;
    else found.by += by;
  }

  /** Adds what has been counted since the last time. */
  flush(into: Counter<L>): void {
    if (this.names.length === 0) this.counts[0] = this.only;
    for (const count of this.counts) {
      into.inc({ ...count.labels }, count.by);
      count.by = 0;
    }
  }

  private begin(labels: LabelValues<L>, by: number): void {
    const count: Count<L> = { labels: this.own(labels), by };
    this.counts.push(count);
    let branch = this.root;
    for (const name of this.names.slice(0, -1)) {
      const next = (branch.get(labels[name]) as Branch<L> | undefined) ?? new Map<string | number, never>();
      branch.set(labels[name], next);
      branch = next;
    }
    const last = this.names.at(-1);
    if (last !== undefined) branch.set(labels[last], count);
  }

  /** The labels alone, whatever else they came with. */
  private own(labels: LabelValues<L>): LabelValues<L> {
    return Object.fromEntries(this.names.map((name) => [name, labels[name]])) as Record<L, string | number>;
  }
}
