import {
  Handler,
  InjectClient,
  type ObjectClient,
  resolveAwakeable,
  Service,
  type ServiceClient,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import type { IngressAddressedWorkflow } from '@rea/ingress';
import { createTestApp, type ReaTestApp, type TestAppOptions } from '@rea/testing';
import {
  type Context,
  type ObjectContext,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { type Scene, Scenes } from '../support/scenes.js';

/** Fast, and with an end: what would be retried for ever fails a test at once. */
const RETRIES = { initialInterval: 20, maxInterval: 50, maxAttempts: 10, onMaxAttempts: 'kill' } as const;

/** What scenes call: answers at once, fails, or answers once it is told to. */
@Service()
export class Worker {
  static readonly waiting = new Map<string, string>();

  @Handler()
  async answer(_ctx: Context, answer: string | null): Promise<string | null> {
    return answer;
  }

  @Handler()
  async fail(_ctx: Context, message: string): Promise<string> {
    throw new TerminalError(message, { errorCode: 422, metadata: { who: message } });
  }

  /** Ends when {@link release} is called for the same name. */
  @Handler()
  async hold(ctx: Context, name: string): Promise<string> {
    const { id, promise } = ctx.awakeable<string>();
    Worker.waiting.set(name, id);
    return promise;
  }

  @Handler()
  async release(ctx: Context, { id, answer }: { id: string; answer: string }): Promise<void> {
    resolveAwakeable(ctx, id, answer);
  }
}

@VirtualObject({ retryPolicy: RETRIES })
export class ObjectStage {
  static readonly scenes = new Scenes<ObjectContext, ObjectStage>();
  static readonly count = stateKey<number>('count', { default: () => 0 });

  @Handler()
  async play(ctx: ObjectContext, scene: string): Promise<unknown> {
    return ObjectStage.scenes.play(scene, ctx, this);
  }

  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<number> {
    return state(ctx, ObjectStage.count).update((count) => count + by);
  }
}

@Workflow({ status: true, retention: 'standard', retryPolicy: RETRIES })
export class FlowStage {
  static readonly scenes = new Scenes<WorkflowContext, FlowStage>();
  static readonly asides = new Scenes<WorkflowSharedContext, FlowStage>();

  @WorkflowRun()
  async play(ctx: WorkflowContext, scene: string): Promise<unknown> {
    return FlowStage.scenes.play(scene, ctx, this);
  }

  @WorkflowSignal()
  async tell(ctx: WorkflowSharedContext, scene: string): Promise<void> {
    await FlowStage.asides.play(scene, ctx, this);
  }

  @WorkflowQuery()
  async ask(ctx: WorkflowSharedContext, scene: string): Promise<unknown> {
    return FlowStage.asides.play(scene, ctx, this);
  }
}

/** A workflow that keeps no status. */
@Workflow({ retention: 'standard' })
export class Silent {
  @WorkflowRun()
  async go(_ctx: WorkflowContext): Promise<string> {
    return 'done';
  }
}

@Service({ retryPolicy: RETRIES })
export class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  constructor(
    @InjectClient(Worker) readonly worker: ServiceClient<Worker>,
    @InjectClient(ObjectStage) readonly objects: ObjectClient<ObjectStage>,
    @InjectClient(FlowStage) readonly flows: WorkflowClient<FlowStage>,
    @InjectClient(Silent) readonly silent: WorkflowClient<Silent>,
  ) {}

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

/** An application with the stages, and the ways in which tests use it. */
export class Theatre {
  private constructor(readonly app: ReaTestApp) {}

  static async open(rea?: TestAppOptions['rea']): Promise<Theatre> {
    const providers = [Worker, ObjectStage, FlowStage, Silent, Stage];
    return new Theatre(await createTestApp({ providers, ...(rea ? { rea } : {}) }));
  }

  play<R>(scene: Scene<Context, Stage, R>): Promise<R> {
    const name = Stage.scenes.add(scene);
    return this.app.ingress.service(Stage).call.play(name, { idempotencyKey: false }) as Promise<R>;
  }

  playObject<R>(scene: Scene<ObjectContext, ObjectStage, R>): Promise<R> {
    const name = ObjectStage.scenes.add(scene);
    const object = this.app.ingress.object(ObjectStage).of(`key-${name}`);
    return object.call.play(name, { idempotencyKey: false }) as Promise<R>;
  }

  /** Starts a workflow of a new id. */
  async start<R>(scene: Scene<WorkflowContext, FlowStage, R>): Promise<Started<R>> {
    const name = FlowStage.scenes.add(scene);
    const id = `flow-${name}`;
    const flow = this.app.ingress.workflow(FlowStage).of(id);
    const submitted = await flow.submit(name);
    return { id, flow, invocationId: submitted.invocationId, result: submitted.attach() as Promise<R> };
  }

  /** Lets a signal's handler of a workflow do something. */
  tell(flow: IngressAddressedWorkflow<FlowStage>, scene: Scene<WorkflowSharedContext, FlowStage, void>): Promise<void> {
    return flow.signal.tell(FlowStage.asides.add(scene));
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** A workflow that has been started. */
export interface Started<R> {
  readonly id: string;
  readonly flow: IngressAddressedWorkflow<FlowStage>;
  readonly invocationId: string;
  readonly result: Promise<R>;
}

/** A function that throws an ordinary error when it is called first: the attempt ends there, and the next one replays. */
export function failOnce(): () => void {
  let failed = false;
  return () => {
    if (failed) return;
    failed = true;
    throw new Error('once');
  };
}

/** What a handler can tell about an error that it caught. */
export function told(error: unknown): { terminal: boolean; code?: number; message: string; rea?: string } {
  if (!(error instanceof TerminalError)) return { terminal: false, message: String(error) };
  const { code, message, metadata } = error;
  return { terminal: true, code, message, ...(metadata?.['rea.code'] ? { rea: metadata['rea.code'] } : {}) };
}
