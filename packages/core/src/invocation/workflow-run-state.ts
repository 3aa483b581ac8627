import type { InvocationId, WorkflowSharedContext } from '@restatedev/restate-sdk';

/** State key, in each workflow's own state, under which Rea notes the run. Part of the journal: it never changes. */
export const RUN_STATE = '_rea_run';

/** Name of the shared handler that Rea adds to each workflow. Part of the wire: it never changes. */
export const RUN_STATE_HANDLER = '_rea_run';

/** What is known of a workflow's run: its invocation, and whether it has ended. */
export interface RunState {
  readonly id: InvocationId;
  readonly done: boolean;
}

/** The shared handler: null while the workflow has not started. */
export function readRunState(ctx: WorkflowSharedContext): Promise<RunState | null> {
  return ctx.get<RunState>(RUN_STATE);
}
