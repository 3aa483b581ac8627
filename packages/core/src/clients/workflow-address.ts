import {
  type InvocationId,
  type InvocationPromise,
  type Serde,
  serde as sdkSerde,
  TerminalError,
} from '@restatedev/restate-sdk';
import { ORCHESTRATE } from '../invocation/operation-guards.js';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { RUN_NOTE_HANDLER, type RunNote } from '../invocation/workflow-run-note.js';
import { STATUS_HANDLER, type WorkflowStatus } from '../workflow/workflow-status.js';
import { facade, noStatus } from './client-misuse.js';
import type { TargetHandler, TargetModel } from './client-target.js';
import { attemptFor, call, send, serdeFor } from './durable-calls.js';
import type {
  AddressedWorkflow,
  CallOptions,
  SendOptions,
  SubmittedWorkflow,
  WorkflowReadOptions,
} from './durable-client.types.js';
import { qualify } from './namespace.js';
import { checkDurableHeaders } from './secret-headers.js';
import { wrongVerb } from './wrong-verb.js';

/** The verbs of one workflow id. */
export class WorkflowAddress implements Pick<AddressedWorkflow<unknown>, 'attach' | 'output' | 'status' | 'cancel'> {
  readonly signal: object;
  readonly query: object;

  constructor(
    private readonly target: TargetModel,
    private readonly id: string,
  ) {
    const besideRun = (method: string) => (input: unknown, options?: CallOptions) =>
      call(target, id, method, input, options);
    this.signal = facade(target, 'signal', besideRun, ['signal', 'query']);
    this.query = facade(target, 'query', besideRun, ['query', 'signal']);
  }

  /** The verbs of other kinds of components. */
  get call(): never {
    throw wrongVerb(this.target, 'call');
  }

  get send(): never {
    throw wrongVerb(this.target, 'send');
  }

  submit(input?: unknown, options?: SendOptions): SubmittedWorkflow<unknown> {
    if (options?.idempotencyKey !== undefined) {
      attemptFor(this.target, 'submit').report('submit-key', `${this.target.name} submit() with an idempotency key`);
    }
    const { idempotencyKey: _key, ...rest } = options ?? {};
    const { invocationId } = send(this.target, this.id, this.run[0], input, rest, 'submit');
    return {
      invocationId,
      attach: async () => this.attachTo(await invocationId),
    };
  }

  async attach(options?: WorkflowReadOptions): Promise<never> {
    const note = await this.runNote('attach', options);
    if (note) return this.attachTo(note.id) as Promise<never>;
    throw this.notStarted('attach to');
  }

  async cancel(options?: WorkflowReadOptions): Promise<void> {
    const note = await this.runNote('cancel', options);
    if (!note) throw this.notStarted('cancel');
    if (!note.ended) attemptFor(this.target, 'cancel').ctx.invocation(note.id).cancel();
  }

  async output(options?: WorkflowReadOptions): Promise<{ ready: false } | { ready: true; result: never }> {
    const note = await this.runNote('output', options);
    return note?.ended ? { ready: true, result: (await this.attachTo(note.id)) as never } : { ready: false };
  }

  status(options?: WorkflowReadOptions): InvocationPromise<WorkflowStatus> {
    if (!this.target.status) {
      throw new TerminalError(noStatus(this.target), {
        errorCode: 404,
        metadata: { [ERROR_METADATA.code]: 'REA3005' },
      });
    }
    return this.ask<WorkflowStatus>('status', STATUS_HANDLER, options);
  }

  private notStarted(verb: string): TerminalError {
    return new TerminalError(
      `REA3004: The workflow ${this.target.name}/${this.id} has not started, so there is nothing to ${verb}. Submit it first.`,
      { errorCode: 404, metadata: { [ERROR_METADATA.code]: 'REA3004' } },
    );
  }

  private get run(): readonly [string, TargetHandler] {
    for (const entry of this.target.handlers) if (entry[1].kind === 'run') return entry;
    throw new Error(`${this.target.name} has no run handler.`);
  }

  private runNote(verb: string, options?: WorkflowReadOptions): Promise<RunNote | null> {
    return this.ask<RunNote | null>(verb, RUN_NOTE_HANDLER, options);
  }

  /** Asks a handler that Rea adds, once the attempt's declared plane has let it ask another component. */
  private ask<Answer>(
    verb: string,
    method: string,
    { headers, allowSecretHeaders }: WorkflowReadOptions = {},
  ): InvocationPromise<Answer> {
    const attempt = attemptFor(this.target, verb);
    const what = `${this.target.name} ${verb}()`;
    attempt.handler.guards[ORCHESTRATE]?.(attempt, [what]);
    checkDurableHeaders(attempt, what, headers, allowSecretHeaders);
    return attempt.ctx.genericCall<undefined, Answer>({
      service: qualify(attempt.names, this.target.name),
      method,
      key: this.id,
      parameter: undefined,
      ...(headers ? { headers } : {}),
      inputSerde: sdkSerde.json as Serde<undefined>,
      outputSerde: sdkSerde.json as Serde<Answer>,
    });
  }

  private attachTo(id: InvocationId): Promise<unknown> {
    const [, run] = this.run;
    const attempt = attemptFor(this.target, 'attach');
    return attempt.ctx.invocation(id).attach(serdeFor(attempt, this.target, run, 'output'));
  }
}
