import { type InvocationId, type Serde, serde as sdkSerde, TerminalError } from '@restatedev/restate-sdk';
import { type ClientTarget, type WorkflowStatus } from '@rea/core';
import { type HandlerOutput, RUN_NOTE_HANDLER, type RunName, STATUS_HANDLER, targetModel } from '@rea/core/internal';

/** How a workflow that is not the handler under test stands: neither `result` nor `error` means that it still runs. */
export interface FakeWorkflow<T> {
  /** What it has returned. */
  readonly result?: HandlerOutput<T, RunName<T>>;
  /** What it has failed with. */
  readonly error?: TerminalError;
  /** What it has reported of its progress; the rest is as at its start. */
  readonly status?: Partial<WorkflowStatus>;
}

/** An invocation that the handler under test has started, or that its test has set up. */
export interface FakeInvocation {
  readonly id: InvocationId;
  /** Waits for its result, which is worked out once. */
  readonly result: () => Promise<unknown>;
}

/** A {@link FakeWorkflow} of whatever type. */
type StubbedWorkflow = { readonly [K in keyof FakeWorkflow<never>]: unknown } & Pick<
  FakeWorkflow<never>,
  'error' | 'status'
>;

type Answer = (input: never, key: string | undefined) => unknown;

const NEW: WorkflowStatus = {
  phase: 'new',
  progress: 0,
  completedSteps: [],
  metadata: {},
  updatedAt: '',
  isComplete: false,
};

/** What stands behind the clients of a fake context: the answers of other handlers, and the invocations made so far. */
export class FakeInvocations {
  private readonly answers = new Map<string, Answer>();
  private readonly workflows = new Map<string, StubbedWorkflow>();
  private readonly started = new Map<string, FakeInvocation>();
  private readonly byId = new Map<string, FakeInvocation>();
  private readonly cancelled = new Set<string>();
  private count = 0;

  stub(target: unknown, handlers: object): void {
    const model = targetModel(target as ClientTarget);
    for (const [method, answer] of Object.entries(handlers) as [string, Answer][]) {
      const handler = model.handlers.get(method);
      if (!handler) throw new Error(`${model.name} has no handler "${method}" to stub.`);
      this.answers.set(`${model.name}/${handler.name}`, answer);
      if (handler.kind === 'run') this.answers.set(`${model.name}/run`, answer);
    }
  }

  stubWorkflow(target: unknown, id: string, workflow: StubbedWorkflow): void {
    const model = targetModel(target as ClientTarget);
    if (model.kind !== 'workflow')
      throw new Error(`${model.name} is no workflow. Its handlers are stubbed: ctx.stub().`);
    if ('result' in workflow && workflow.error) {
      throw new Error(`The workflow ${model.name}/${id} is stubbed with a result and an error. Give one of them.`);
    }
    this.workflows.set(`${model.name}/${id}`, workflow);
  }

  /** What a call is answered with. @throws Error when nothing says how */
  async answer(service: string, handler: string, key: string | undefined, input: unknown): Promise<unknown> {
    const workflow = this.workflows.get(`${service}/${key}`);
    if (handler === STATUS_HANDLER) return { ...NEW, ...workflow?.status };
    if (handler === RUN_NOTE_HANDLER) return this.noteOf(service, key!, workflow);
    const answer = this.answers.get(`${service}/${handler}`);
    if (!answer) throw unstubbed(service, handler);
    return answer(input as never, key);
  }

  /** Starts an invocation. The run of a workflow id is started once: whoever submits it again gets the first. */
  start(service: string, handler: string, key: string | undefined, input: unknown): FakeInvocation {
    const address = `${service}/${key}`;
    const known = this.started.get(address);
    if (known && handler === 'run') return known;
    const invocation = this.create(() => this.resultOf(service, handler, key, input));
    if (handler === 'run') this.started.set(address, invocation);
    return invocation;
  }

  /** @throws TerminalError (404) for an id that nothing was started with */
  async attach(id: string): Promise<unknown> {
    const invocation = this.byId.get(id);
    if (!invocation) throw new TerminalError(`The invocation ${id} was not found.`, { errorCode: 404 });
    if (this.cancelled.has(id)) throw new TerminalError('Cancelled', { errorCode: 409 });
    return invocation.result();
  }

  cancel(id: string): void {
    this.cancelled.add(id);
  }

  private create(work: () => unknown): FakeInvocation {
    this.count += 1;
    let result: Promise<unknown> | undefined;
    const invocation: FakeInvocation = {
      id: `inv_fakesend${this.count}` as InvocationId,
      result: () => (result ??= (async () => work())()),
    };
    this.byId.set(invocation.id, invocation);
    return invocation;
  }

  /** As the handler that Rea adds to workflows notes it; null for one that nobody has submitted. */
  private noteOf(service: string, key: string, workflow: StubbedWorkflow | undefined) {
    const address = `${service}/${key}`;
    const submitted = this.started.get(address);
    if (!submitted && !workflow) return null;
    const { id } = submitted ?? this.start(service, 'run', key, undefined);
    const ended = workflow ? hasEnded(workflow) : this.answers.has(`${service}/run`);
    return { id, ended };
  }

  private resultOf(service: string, handler: string, key: string | undefined, input: unknown): unknown {
    const workflow = handler === 'run' ? this.workflows.get(`${service}/${key}`) : undefined;
    if (workflow?.error) throw workflow.error;
    if (workflow && 'result' in workflow) return workflow.result;
    if (workflow) return new Promise(() => {});
    const answer = this.answers.get(`${service}/${handler}`);
    if (answer) return answer(input as never, key);
    throw handler === 'run' ? unstubbedWorkflow(service, key) : unstubbed(service, handler);
  }
}

/** What a value is after the journal: what JSON cannot write is refused, as there. */
export function journaled<T>(value: T, serde: Serde<T> = sdkSerde.json as Serde<T>): T {
  return serde.deserialize(serde.serialize(value));
}

function hasEnded(workflow: StubbedWorkflow): boolean {
  return 'result' in workflow || workflow.error !== undefined;
}

function unstubbed(service: string, handler: string): Error {
  return new Error(
    `The handler called ${service}/${handler}. Say how it answers: ctx.stub(${service}, { ${handler}: ... }).`,
  );
}

function unstubbedWorkflow(service: string, key: string | undefined): Error {
  return new Error(
    `The handler waits for the workflow ${service}/${key}. Say how it ends: ctx.stubWorkflow(${service}, '${key}', { result: ... }), or for all ids by stubbing its run.`,
  );
}
