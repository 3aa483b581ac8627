import type { Spread } from '../statistics.js';
import type { SubjectId } from '../subjects/subject.js';
import type { Workload } from '../workload.js';

/** One subject without a server: time per invocation against the SDK alone in the same process. */
export interface AloneRow {
  readonly stage: 'alone';
  readonly workload: Workload;
  readonly subject: SubjectId;
  readonly pairs: number;
  /** Per invocation, in microseconds. */
  readonly baseline: number;
  readonly time: number;
  readonly ratio: Spread;
}
