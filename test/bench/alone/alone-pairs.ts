import type { SubjectId } from '../subjects/subject.js';
import type { Workload } from '../workload.js';

/** What one process has measured of a subject. */
export interface AlonePairs {
  readonly workload: Workload;
  readonly subject: SubjectId;
  /** Microseconds per invocation: of the baseline, of the subject beside it. */
  readonly pairs: readonly { readonly base: number; readonly own: number }[];
}
