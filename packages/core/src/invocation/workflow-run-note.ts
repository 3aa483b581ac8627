import {
  type InvocationId,
  type RestatePromise,
  TimeoutError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';

/** Workflow promises in which the run notes itself. Part of the journal: their names never change. */
const STARTED = '_rea_started';
const ENDED = '_rea_ended';

/** Name of the shared handler that Rea adds to each workflow. Part of the wire: it never changes. */
export const RUN_NOTE_HANDLER = '_rea_run';

/** How long by-key attach and output wait for a run that has been submitted and not started, in milliseconds. */
const START_GRACE = 5_000;

/** What is known of a workflow's run: its invocation, and whether it has ended. */
export interface RunNote {
  readonly id: InvocationId;
  readonly ended: boolean;
}

/** Notes that the run has begun. Not awaited: the note costs the run no round trip. */
export function noteStart(ctx: WorkflowContext): void {
  void ctx.promise<InvocationId>(STARTED).resolve(ctx.request().id);
}

/** Notes that the run has ended, well or not. */
export function noteEnd(ctx: WorkflowContext): void {
  void ctx.promise<boolean>(ENDED).resolve(true);
}

/**
 * The shared handler: by-key attach and output of durable clients ask it for the run's invocation, since the SDK attaches
 * by invocation id only. Null when no run has started within the grace.
 */
export async function readRunNote(ctx: WorkflowSharedContext): Promise<RunNote | null> {
  const started: RestatePromise<InvocationId> = ctx.promise<InvocationId>(STARTED).get();
  try {
    const id = await started.orTimeout(START_GRACE);
    return { id, ended: (await ctx.promise<boolean>(ENDED).peek()) ?? false };
  } catch (error) {
    if (error instanceof TimeoutError) return null;
    throw error;
  }
}
