import type { ObjectSharedContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { attemptOf } from '@rea/core/internal';
import type { SagaReport } from './saga-report.js';
import { REPORT_STATE } from './saga-scope.js';

/**
 * How the latest saga of that name on this object or workflow stands: for status queries, while it runs and afterwards.
 * Null when there was none, or it keeps no report.
 *
 * @param ctx a shared context too
 * @param name the saga's
 */
export async function sagaReport(
  ctx: ObjectSharedContext | WorkflowSharedContext,
  name: string,
): Promise<SagaReport | null> {
  const raw = (attemptOf(ctx)?.ctx ?? ctx) as ObjectSharedContext;
  return raw.get<SagaReport>(REPORT_STATE + name);
}
