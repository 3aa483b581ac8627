import type { Recording } from '../feed/recording.js';
import type { Plan } from '../plan.js';
import type { SubjectId } from '../subjects/subject.js';
import type { Workload } from '../workload.js';

/** What the process that measures endpoints alone is to do. */
export interface AloneTask {
  readonly baseline: SubjectId;
  readonly subjects: readonly SubjectId[];
  readonly recordings: Record<Workload, Recording>;
  readonly plan: Plan['alone'];
}
