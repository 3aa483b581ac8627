import type { Context } from '@restatedev/restate-sdk';
import type { AnyWorkflowContext, AnyWorkflowSharedContext } from '../decorators/handler-signature.js';
import { state } from '../durable/state.js';
import { stateKey } from '../durable/state-key.js';

/** State key and wire name of the shared handler that answers for the status. Part of the wire: they never change. */
export const STATUS_HANDLER = '_rea_status';

/** How far a workflow has come, as it tells itself. */
export interface WorkflowStatus {
  /** What it is doing: `reserving stock`. */
  readonly phase: string;
  /** From 0 to 1. */
  readonly progress: number;
  readonly currentStep?: string;
  readonly completedSteps: readonly string[];
  /** Anything else worth telling; plain JSON. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** When it last told, as an ISO date. */
  readonly updatedAt: string;
  readonly isComplete: boolean;
  readonly error?: string;
}

/** What a workflow changes about its status; the rest stays as it was. */
export type StatusChange = Partial<Omit<WorkflowStatus, 'updatedAt' | 'completedSteps'>> & {
  /** Added to the completed steps. */
  readonly completed?: string | readonly string[];
};

const STATUS = stateKey<WorkflowStatus>(STATUS_HANDLER, {
  default: () => ({ phase: 'new', progress: 0, completedSteps: [], metadata: {}, updatedAt: '', isComplete: false }),
});

/** The status of the workflow that a run belongs to. */
export interface StatusReporter {
  /** Changes the status; clients see it at once. One journal entry for the time, and one for the state. */
  set(change: StatusChange): Promise<WorkflowStatus>;
}

/** The status of this workflow, for its run. Readable with `.of(id).status()` when declared `@Workflow({ status: true })`. */
export function workflowStatus(ctx: AnyWorkflowContext): StatusReporter {
  return {
    set: async ({ completed = [], ...change }) => {
      const updatedAt = new Date(await (ctx as Context).date.now()).toISOString();
      return state(ctx, STATUS).update((current) => ({
        ...current,
        ...change,
        progress: Math.min(1, Math.max(0, change.progress ?? current.progress)) || 0,
        metadata: { ...current.metadata, ...change.metadata },
        completedSteps: [...current.completedSteps, ...(typeof completed === 'string' ? [completed] : completed)],
        updatedAt,
      }));
    },
  };
}

/** The shared handler behind `.of(id).status()`. */
export function readStatus(ctx: AnyWorkflowSharedContext): Promise<WorkflowStatus> {
  return state(ctx, STATUS).get();
}
