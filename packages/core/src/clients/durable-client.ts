import {
  type Context,
  type InvocationHandle,
  type InvocationId,
  type InvocationPromise,
  type Serde,
  serde as sdkSerde,
  TerminalError,
} from '@restatedev/restate-sdk';
import { type Attempt, currentScope, refuseInRun } from '../invocation/attempt.js';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { RUN_NOTE_HANDLER, type RunNote } from '../invocation/workflow-run-note.js';
import { facade, OutsideHandlerError } from './client-misuse.js';
import type { TargetHandler, TargetModel } from './client-target.js';
import type {
  AddressedWorkflow,
  CallOptions,
  ObjectClient,
  SendOptions,
  ServiceClient,
  SubmittedWorkflow,
  WorkflowClient,
} from './durable-client.types.js';
import { qualify } from './namespace.js';
import { checkKey } from './object-key.js';

/** Any of the durable clients, as the container holds them. */
export type DurableClient = ServiceClient<unknown> | ObjectClient<unknown> | WorkflowClient<unknown>;

/**
 * Makes the durable client of a target. It is ambient: it finds the attempt it is used in, so one client serves all
 * invocations at once.
 */
export function createDurableClient(target: TargetModel): DurableClient {
  switch (target.kind) {
    case 'service':
      return callAndSend(target, undefined) as ServiceClient<unknown>;
    case 'object':
      return { of: (key) => callAndSend(target, checkKey(key, target.name)) } as ObjectClient<unknown>;
    case 'workflow':
      return {
        of: (id) => new WorkflowAddress(target, checkKey(id, target.name)) as unknown,
      } as WorkflowClient<unknown>;
  }
}

function callAndSend(target: TargetModel, key: string | undefined): object {
  return {
    call: facade(
      target,
      (method) => (input: unknown, options?: CallOptions) => call(target, key, method, input, options),
    ),
    send: facade(
      target,
      (method) => (input: unknown, options?: SendOptions) => send(target, key, method, input, options),
    ),
  };
}

/** The verbs of one workflow id. */
class WorkflowAddress implements Pick<AddressedWorkflow<unknown>, 'attach' | 'output'> {
  readonly signal: object;
  readonly query: object;

  constructor(
    private readonly target: TargetModel,
    private readonly id: string,
  ) {
    const besideRun = (method: string) => (input: unknown, options?: CallOptions) =>
      call(target, id, method, input, options);
    this.signal = facade(target, besideRun, ['signal', 'query']);
    this.query = facade(target, besideRun, ['query', 'signal']);
  }

  submit(input?: unknown, options?: SendOptions): SubmittedWorkflow<unknown> {
    const { invocationId } = send(this.target, this.id, this.run[0], input, options);
    return {
      invocationId,
      attach: async () => this.attachTo(await invocationId),
    };
  }

  async attach(): Promise<never> {
    const note = await this.runNote('attach');
    if (note) return this.attachTo(note.id) as Promise<never>;
    throw new TerminalError(
      `REA3004: The workflow ${this.target.name}/${this.id} has not started, so there is nothing to attach to. Submit it first.`,
      { errorCode: 404, metadata: { [ERROR_METADATA.code]: 'REA3004' } },
    );
  }

  async output(): Promise<{ ready: false } | { ready: true; result: never }> {
    const note = await this.runNote('output');
    return note?.ended ? { ready: true, result: (await this.attachTo(note.id)) as never } : { ready: false };
  }

  private get run(): readonly [string, TargetHandler] {
    for (const entry of this.target.handlers) if (entry[1].kind === 'run') return entry;
    throw new Error(`${this.target.name} has no run handler.`);
  }

  private runNote(verb: string): Promise<RunNote | null> {
    const { ctx, namespace } = attemptFor(this.target, verb);
    return ctx.genericCall<undefined, RunNote | null>({
      service: qualify(namespace, this.target.name),
      method: RUN_NOTE_HANDLER,
      key: this.id,
      parameter: undefined,
      inputSerde: sdkSerde.json as Serde<undefined>,
      outputSerde: sdkSerde.json as Serde<RunNote | null>,
    });
  }

  private attachTo(id: InvocationId): Promise<unknown> {
    const [, run] = this.run;
    return attemptFor(this.target, 'attach').ctx.invocation(id).attach(serdeFor(this.target, run.output));
  }
}

function call(
  target: TargetModel,
  key: string | undefined,
  method: string,
  input: unknown,
  { restateScope, input: inputSerde, output: outputSerde, ...options }: CallOptions = {},
): InvocationPromise<unknown> {
  const handler = target.handlers.get(method)!;
  const { ctx, namespace } = attemptFor(target, `call.${method}`);
  return ctx.genericCall<unknown, unknown>({
    ...options,
    ...address(qualify(namespace, target.name), handler, key, restateScope),
    parameter: input,
    inputSerde: (inputSerde as Serde<unknown> | undefined) ?? serdeFor(target, handler.input),
    outputSerde: outputSerde ?? serdeFor(target, handler.output),
  });
}

function send(
  target: TargetModel,
  key: string | undefined,
  method: string,
  input: unknown,
  { restateScope, input: inputSerde, ...options }: SendOptions = {},
): InvocationHandle {
  const handler = target.handlers.get(method)!;
  const { ctx, namespace } = attemptFor(target, `send.${method}`);
  return ctx.genericSend<unknown>({
    ...options,
    ...address(qualify(namespace, target.name), handler, key, restateScope),
    parameter: input,
    inputSerde: (inputSerde as Serde<unknown> | undefined) ?? serdeFor(target, handler.input),
  });
}

function address(
  service: string,
  handler: TargetHandler,
  key: string | undefined,
  scope: string | undefined,
): Pick<Parameters<Context['genericCall']>[0], 'service' | 'method' | 'key' | 'scope'> {
  return {
    service,
    method: handler.name,
    ...(key === undefined ? {} : { key }),
    ...(scope === undefined ? {} : { scope }),
  };
}

function serdeFor(target: TargetModel, serde: Serde<unknown> | undefined): Serde<unknown> {
  return serde ?? target.serde ?? (sdkSerde.json as Serde<unknown>);
}

/** The attempt that a client is used in. @throws OutsideHandlerError when there is none, or it has ended. */
function attemptFor(target: TargetModel, verb: string): Attempt {
  const attempt = currentScope()?.attempt;
  if (attempt?.active) {
    refuseInRun(`${target.name} ${verb}()`);
    return attempt;
  }
  throw new OutsideHandlerError(
    attempt
      ? `REA3003: ${verb} of ${target.name} was called after ${attempt.place} had ended. Await everything a handler starts before it returns.`
      : `REA3003: ${verb} of ${target.name} was called outside a handler, where nothing can be journaled. In controllers and jobs use the ingress client: @InjectIngress(${target.name}).`,
  );
}
