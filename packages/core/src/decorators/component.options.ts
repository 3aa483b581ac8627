import type {
  Duration,
  ObjectHandlerOpts,
  ObjectOptions,
  ServiceHandlerOpts,
  ServiceOptions as SdkServiceOptions,
  WorkflowHandlerOpts,
  WorkflowOptions as SdkWorkflowOptions,
} from '@restatedev/restate-sdk';
import type { HandlerSchema } from './handler-schema.js';

/**
 * `control`: orchestrates (workflows, sagas, coordination state) and does no side effects of its own. `data`: does the
 * work and orchestrates nothing.
 */
export type Plane = 'control' | 'data';

interface Bounded {
  /**
   * How long the handler may take in all, waits and retries included, counted from its first attempt: milliseconds, or
   * `{ minutes: 5 }`. Then it is interrupted where it waits, may roll back, and fails with a terminal 408. Default: as long
   * as it likes. On a class it holds for each of its handlers without one of their own.
   */
  readonly deadline?: Duration | number;
}

interface Named extends Bounded {
  /** Name on the wire and in the Restate UI. Default: the class's name. Renaming breaks in-flight invocations. */
  readonly name?: string;
  /**
   * The plane of all handlers. Default, by handler: workflow and exclusive object handlers are `control`, service and
   * shared handlers `data`. Labels introspection and metrics.
   */
  readonly plane?: Plane;
  /** Shown in the Restate UI and OpenAPI. */
  readonly description?: string;
  /** Free key/value pairs, visible through the admin API. */
  readonly metadata?: Record<string, string>;
}

/** Options of `@Service`: its name and every service option of the Restate SDK. Durations: milliseconds or `{ minutes: 5 }`. */
export interface ServiceOptions extends Named, SdkServiceOptions {}

/** Options of `@VirtualObject`: its name and every object option of the Restate SDK. */
export interface VirtualObjectOptions extends Named, ObjectOptions {}

/**
 * How long a finished workflow is kept, as a profile: `standard` 30 days, `production` 90 days, `high-volume` 7 days and
 * its state is cleared when it succeeds. Or days, 1 to 90.
 */
export type RetentionProfile = 'standard' | 'production' | 'high-volume';

/** Retention of a workflow in detail. */
export interface RetentionOptions {
  /** Days that the result, promises, state and id of a finished workflow are kept: 1 to 90. */
  readonly days: number;
  /**
   * Size of a single state value from which it is reported, in bytes, at most 31 000 000. From twice that it is refused, or
   * from `limits.maxBytes` of the module if that is more. Default: the module's limits.
   */
  readonly stateBytes?: number;
  /** Clear the workflow's state when it succeeds. Default false. Its result is kept for {@link days}. */
  readonly clearState?: boolean;
}

/** Options of `@Workflow`: its name, retention, status, and every workflow option of the Restate SDK. */
export interface WorkflowOptions extends Named, SdkWorkflowOptions {
  /** How long a finished workflow is kept. Restate forgets it after 24 hours unless this or `workflowRetention` is set. */
  readonly retention?: RetentionProfile | RetentionOptions;
  /**
   * The run keeps a status with `workflowStatus(ctx).set(...)`, which clients read with `.of(id).status()`. Adds the
   * shared handler that answers them.
   */
  readonly status?: boolean;
}

interface Described<In, Out> extends Bounded {
  /** Validates the input before the handler runs: invalid input is a terminal 400 with field details, in one attempt. */
  readonly input?: In;
  /** Validates what the handler returns; invalid output is a terminal 500. */
  readonly output?: Out;
  /** Name on the wire. Default: the method's name. */
  readonly name?: string;
}

type Rest<Options> = Omit<Options, 'input' | 'output'>;

/** Options of `@Handler`: schemas, and every handler option of the Restate SDK. */
export interface HandlerOptions<
  In extends HandlerSchema | undefined = undefined,
  Out extends HandlerSchema | undefined = undefined,
>
  extends
    Described<In, Out>,
    Rest<ServiceHandlerOpts<unknown, unknown>>,
    Pick<ObjectHandlerOpts<unknown, unknown>, 'enableLazyState'> {}

/** Options of `@Shared`. */
export interface SharedOptions<
  In extends HandlerSchema | undefined = undefined,
  Out extends HandlerSchema | undefined = undefined,
>
  extends Described<In, Out>, Rest<ObjectHandlerOpts<unknown, unknown>> {}

/** Options of `@WorkflowRun`, `@WorkflowSignal` and `@WorkflowQuery`. The run handler's wire name is always `run`. */
export interface WorkflowHandlerOptions<
  In extends HandlerSchema | undefined = undefined,
  Out extends HandlerSchema | undefined = undefined,
>
  extends Described<In, Out>, Rest<WorkflowHandlerOpts<unknown, unknown>> {}

/** Overrides of a handler's options by configuration. */
export type HandlerOverrides = Omit<HandlerOptions & WorkflowHandlerOptions, 'input' | 'output' | 'name'>;

/** Overrides of a component's options by configuration, and of its handlers' by their wire names. */
export interface ComponentOverrides extends Omit<VirtualObjectOptions & WorkflowOptions, 'name' | 'plane' | 'status'> {
  readonly handlers?: Readonly<Record<string, HandlerOverrides>>;
}
