import {
  checkKey,
  facade,
  findRequestKeyProblem,
  noStatus,
  qualify,
  STATUS_HANDLER,
  type TargetHandler,
  type TargetModel,
} from '@rea/core/internal';
import type { WorkflowOutput, WorkflowStatus } from '@rea/core';
import type { Serde, TerminalError } from '@restatedev/restate-sdk';
import { Opts, SendOpts } from '@restatedev/restate-sdk-clients';
import type {
  IngressAddressedWorkflow,
  IngressAttachOptions,
  IngressCallOptions,
  IngressObjectClient,
  IngressReadOptions,
  IngressSendOptions,
  IngressServiceClient,
  IngressSubmittedWorkflow,
  IngressWorkflowClient,
  SentInvocation,
} from './ingress-client.types.js';
import {
  IngressRefusedException,
  InvalidKeyException,
  InvocationFailedException,
  NoResultException,
} from './ingress.exceptions.js';
import { toRefusal } from './ingress-errors.js';
import type { Asked, IngressTransport } from './ingress-transport.js';

/** Any of the ingress clients, as the container holds them. */
export type IngressClient =
  IngressServiceClient<unknown> | IngressObjectClient<unknown> | IngressWorkflowClient<unknown>;

/** Makes the ingress client of a target. */
export function createIngressClient(target: TargetModel, transport: IngressTransport): IngressClient {
  switch (target.kind) {
    case 'service':
      return callAndSend(new Address(target, undefined, transport)) as IngressServiceClient<unknown>;
    case 'object':
      return { of: (key) => callAndSend(new Address(target, key, transport)) } as IngressObjectClient<unknown>;
    case 'workflow':
      return { of: (id) => workflow(new Address(target, id, transport)) };
  }
}

function callAndSend(address: Address): object {
  return {
    call: facade(
      address.target,
      (method) => (input: unknown, options?: IngressCallOptions) => address.call(method, input, options),
      undefined,
      refuse,
    ),
    send: facade(
      address.target,
      (method) => (input: unknown, options?: IngressSendOptions) => address.send(method, input, options),
      undefined,
      refuse,
    ),
  };
}

async function refuse(error: TerminalError): Promise<never> {
  throw toRefusal(error);
}

function workflow(address: Address): IngressAddressedWorkflow<unknown> {
  const call = (method: string) => (input: unknown, options?: IngressCallOptions) =>
    address.call(method, input, options);
  const verbs = {
    submit: (input?: unknown, options?: IngressSendOptions) => address.submit(input, options),
    attach: (options?: IngressAttachOptions) => address.attach(options),
    output: (options?: IngressAttachOptions) => address.output(options),
    status: (options?: IngressReadOptions) => address.status(options),
    signal: facade(address.target, call, ['signal', 'query'], refuse),
    query: facade(address.target, call, ['query', 'signal'], refuse),
  };
  return verbs as unknown as IngressAddressedWorkflow<unknown>;
}

/** A component and, for objects and workflows, a key: what the verbs work on. */
class Address {
  private readonly service: string;

  constructor(
    readonly target: TargetModel,
    private readonly key: string | undefined,
    private readonly transport: IngressTransport,
  ) {
    this.service = qualify(transport.namespace, target.name);
    if (target.kind !== 'service') validKey(key as string, target.name);
  }

  async call(method: string, input: unknown, options: IngressCallOptions = {}): Promise<unknown> {
    const handler = this.handler(method);
    const what = `${this.target.name} call.${method}`;
    const opts = Opts.from({ ...this.callOptions(what, handler, options), ...this.transport.bound(options) });
    return this.transport.request(what, this.written('call', handler, options), (ingress) =>
      ingress.call({ ...this.path(handler), parameter: input, opts }),
    );
  }

  async send(method: string, input: unknown, options: IngressSendOptions = {}): Promise<SentInvocation<unknown>> {
    const handler = this.handler(method);
    const what = `${this.target.name} send.${method}`;
    const { delay } = options;
    const opts = SendOpts.from({
      ...this.callOptions(what, handler, options),
      ...this.transport.bound(options),
      ...(delay === undefined ? {} : { delay }),
    });
    const sent = await this.transport.request(what, this.written('send', handler, options), (ingress) =>
      ingress.send({ ...this.path(handler), parameter: input, opts }),
    );
    return {
      invocationId: sent.invocationId,
      accepted: sent.status === 'Accepted',
      result: async (attach = {}) => {
        if (!sent.attachable) throw new NoResultException(what);
        return this.transport.request(`${what} result`, this.asked('result', handler.name), (ingress) =>
          ingress.result(sent, attach.output ?? this.serde(handler.output)),
        );
      },
    };
  }

  async submit(input: unknown, options: IngressSendOptions = {}): Promise<IngressSubmittedWorkflow<unknown>> {
    const { idempotencyKey } = options;
    if (idempotencyKey !== undefined && idempotencyKey !== false) {
      const what = 'a submission with an idempotency key';
      this.transport.report('submit-key', { place: `${this.target.name} submit`, what });
    }
    const sent = await this.send(this.runMethod, input, { ...options, idempotencyKey: false });
    return { ...sent, attach: (attach) => this.attach(attach) };
  }

  async attach(options: IngressAttachOptions = {}): Promise<unknown> {
    const opts = this.attachOptions(options);
    try {
      return await this.transport.request(`${this.target.name} attach`, this.asked('attach'), () =>
        this.sdkWorkflow().workflowAttach(opts),
      );
    } catch (error) {
      // For an unknown id the ingress answers as if a handler had failed with 404; asked for the output it tells the truth.
      if (error instanceof InvocationFailedException && error.getStatus() === 404) await this.output(options);
      throw error;
    }
  }

  async output(options: IngressAttachOptions = {}): Promise<WorkflowOutput<unknown>> {
    const opts = this.attachOptions(options);
    const output = await this.transport.request(`${this.target.name} output`, this.asked('output'), () =>
      this.sdkWorkflow().workflowOutput(opts),
    );
    return output.ready ? { ready: true, result: output.result } : { ready: false };
  }

  async status(options: IngressReadOptions = {}): Promise<WorkflowStatus> {
    if (!this.target.status) {
      throw new IngressRefusedException({ statusCode: 404, code: 'REA3005', message: noStatus(this.target) });
    }
    const what = `${this.target.name} status`;
    const opts = Opts.from<undefined, WorkflowStatus>({
      ...this.transport.bound(options),
      ...this.transport.journaled(what, options),
    });
    const path = { service: this.service, handler: STATUS_HANDLER, key: this.key as string };
    return this.transport.request(what, this.asked('status', STATUS_HANDLER), (ingress) =>
      ingress.call<undefined, WorkflowStatus>({ ...path, parameter: undefined, opts }),
    );
  }

  private handler(method: string): TargetHandler {
    return this.target.handlers.get(method)!;
  }

  private get runMethod(): string {
    for (const [method, { kind }] of this.target.handlers) if (kind === 'run') return method;
    throw new Error(`${this.target.name} has no run handler.`);
  }

  /** @param handler by its wire name; of a workflow its run */
  private asked(verb: Asked['verb'], handler = 'run'): Asked {
    return { service: this.target.name, handler, verb };
  }

  /** As {@link asked}, of a request that may write, with what became of its idempotency key. */
  private written(verb: 'call' | 'send', { kind, name }: TargetHandler, options: IngressCallOptions): Asked {
    if (kind !== 'handler') return this.asked(verb, name);
    const { idempotencyKey } = options;
    const key = idempotencyKey === false ? 'waived' : idempotencyKey ? 'given' : 'missing';
    return { ...this.asked(verb, name), idempotencyKey: key };
  }

  private path({ name }: TargetHandler): { service: string; handler: string; key?: string } {
    return { service: this.service, handler: name, ...(this.key === undefined ? {} : { key: this.key }) };
  }

  /** Reads and workflow verbs are safe to repeat; other handlers need a key, or the word that they are. */
  private callOptions(what: string, handler: TargetHandler, options: IngressCallOptions): object {
    const { idempotencyKey, input, output } = options;
    if (handler.kind === 'handler' && (idempotencyKey === undefined || idempotencyKey === '')) {
      this.transport.report('missing-key', { place: what, what: 'a write without an idempotency key' });
    }
    const problem = idempotencyKey ? findRequestKeyProblem(idempotencyKey) : undefined;
    if (problem) {
      const deed = 'a bad idempotency key';
      const found = `the idempotency key ${JSON.stringify(idempotencyKey)}, which ${problem},`;
      this.transport.report('weak-key', { place: what, what: found, deed });
    }
    return {
      input: input ?? this.serde(handler.input),
      output: output ?? this.serde(handler.output),
      ...this.transport.journaled(what, options),
      ...(idempotencyKey ? { idempotencyKey } : {}),
    };
  }

  private attachOptions(options: IngressAttachOptions): Opts<void, unknown> {
    const output = options.output ?? this.serde(this.handler(this.runMethod).output);
    return Opts.from({ ...this.transport.bound(options), ...(output ? { output } : {}) });
  }

  private serde(serde: Serde<unknown> | undefined): Serde<unknown> | undefined {
    return serde ?? this.target.serde;
  }

  private sdkWorkflow() {
    // A class's run method has no type here; the caller's types are those of the client.
    type Run = { run: () => Promise<unknown> };
    return this.transport.ingress.workflowClient<Run>({ name: this.service }, this.key!);
  }
}

function validKey(key: string, of: string): void {
  try {
    checkKey(key, of);
  } catch (error) {
    throw new InvalidKeyException((error as Error).message);
  }
}
