import type { Counter, Gauge } from 'prom-client';
import { LabelTree, type LabelValues } from './label-tree.js';

interface Count<L extends string> {
  readonly labels: LabelValues<L>;
  by: number;
}

/** Counts cheaply, and adds it up in the library's metric when that is read: the library takes long to find a series. */
export class BatchedCounter<L extends string> {
  private readonly counts: LabelTree<L, Count<L>>;

  constructor(names: readonly L[]) {
    this.counts = new LabelTree(names, (labels) => ({ labels, by: 0 }));
  }

  inc(labels: LabelValues<L>, by = 1): void {
    this.counts.at(labels).by += by;
  }

  /** Adds what has been counted since the last time. */
  flush(into: Counter<L> | Gauge<L>): void {
    for (const count of this.counts.cells) {
      into.inc({ ...count.labels }, count.by);
      count.by = 0;
    }
  }
}
