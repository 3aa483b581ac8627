import type { Recording } from '../feed/recording.js';
import type { Plan } from '../plan.js';
import type { Workload } from '../workload.js';

/** What the process that watches the heap is to do. */
export interface HeapTask {
  /** Of the component: one instance, or one per attempt. */
  readonly scope: 'singleton' | 'request';
  readonly recordings: Record<Workload, Recording>;
  readonly plan: Plan['heap'];
}
