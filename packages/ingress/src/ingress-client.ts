import {
  facade,
  noStatus,
  STATUS_HANDLER,
  type TargetHandler,
  type TargetModel,
  verbsOver,
  withoutVerbs,
} from '@rea/core/internal';
import type { TerminalError } from '@restatedev/restate-sdk';
import { IngressAddress, type RequestedHandler } from './ingress-address.js';
import type {
  IngressAttachOptions,
  IngressBounds,
  IngressCallOptions,
  IngressObjectClient,
  IngressReadOptions,
  IngressSendOptions,
  IngressServiceClient,
  IngressSubmittedWorkflow,
  IngressWorkflowClient,
} from './ingress-client.types.js';
import { IngressRefusedException } from './ingress.exceptions.js';
import { toRefusal } from './ingress-errors.js';
import type { IngressTransport } from './ingress-transport.js';

/** Any of the ingress clients, as the container holds them. */
export type IngressClient =
  IngressServiceClient<unknown> | IngressObjectClient<unknown> | IngressWorkflowClient<unknown>;

/** Makes the ingress client of a target. */
export function createIngressClient(target: TargetModel, transport: IngressTransport): IngressClient {
  const address = (key?: string) => new IngressAddress(transport, target.name, key, target.kind !== 'service');
  switch (target.kind) {
    case 'service': {
      const others = withoutVerbs(target, ['call', 'send', 'attach', 'output'], toRefusal);
      return callAndSend(target, address(), others) as IngressServiceClient<unknown>;
    }
    case 'object': {
      const others = withoutVerbs(target, ['call', 'send', 'attach', 'output'], toRefusal);
      return addressing(target, (key) => callAndSend(target, address(key), others));
    }
    case 'workflow': {
      const others = withoutVerbs(target, ['submit', 'attach', 'output', 'status', 'signal', 'query'], toRefusal);
      return addressing(target, (id) => workflow(target, address(id), others));
    }
  }
}

function addressing(target: TargetModel, of: (key: string) => object): IngressObjectClient<unknown> {
  return verbsOver(withoutVerbs(target, ['of'], toRefusal), { of }) as unknown as IngressObjectClient<unknown>;
}

function callAndSend(target: TargetModel, address: IngressAddress, others: object): object {
  const verb = (name: string, create: (handler: RequestedHandler) => unknown) =>
    facade(target, name, (method) => create(requested(target, address, method)), undefined, refuse);
  return verbsOver(others, {
    call: verb(
      'call',
      (handler) => (input: unknown, options?: IngressCallOptions) => address.call(handler, input, options),
    ),
    send: verb(
      'send',
      (handler) => (input: unknown, options?: IngressSendOptions) => address.send(handler, input, options),
    ),
    attach: verb(
      'attach',
      (handler) => async (key: string, options?: IngressAttachOptions) =>
        address.resultOf(handler, key).attach(options),
    ),
    output: verb(
      'output',
      (handler) => async (key: string, options?: IngressAttachOptions) =>
        address.resultOf(handler, key).output(options),
    ),
  });
}

function refuse(refusal: TerminalError): Promise<never> {
  const refused = Promise.reject(toRefusal(refusal));
  // Whoever asks an object for what it does not have may not await the answer.
  refused.catch(() => undefined);
  return refused;
}

function workflow(target: TargetModel, address: IngressAddress, others: object): object {
  const call = (method: string) => (input: unknown, options?: IngressCallOptions) =>
    address.call(requested(target, address, method), input, options);
  const result = address.workflowResult(runOf(target, address).output);
  return verbsOver(others, {
    submit: (input?: unknown, options?: IngressSendOptions) => submit(target, address, input, options),
    attach: (options?: IngressAttachOptions) => result.attach(options),
    output: (options?: IngressAttachOptions) => result.output(options),
    cancel: (options?: IngressBounds) => address.cancelRun(options),
    status: (options?: IngressReadOptions) => status(target, address, options),
    signal: facade(target, 'signal', call, ['signal', 'query'], refuse),
    query: facade(target, 'query', call, ['query', 'signal'], refuse),
  });
}

async function submit(
  target: TargetModel,
  address: IngressAddress,
  input: unknown,
  options: IngressSendOptions = {},
): Promise<IngressSubmittedWorkflow<unknown>> {
  if (options.idempotencyKey !== undefined && options.idempotencyKey !== false) {
    const what = 'a submission with an idempotency key';
    address.transport.report('submit-key', { place: `${target.name} submit`, what });
  }
  const run = runOf(target, address);
  const { invocationId, accepted } = await address.send(run, input, { ...options, idempotencyKey: false });
  const result = address.workflowResult(run.output);
  return { invocationId, accepted, attach: (attach) => result.attach(attach) };
}

async function status(target: TargetModel, address: IngressAddress, options?: IngressReadOptions) {
  if (!target.status) {
    const body = { statusCode: 404, code: 'REA3005', message: noStatus(target) };
    throw new IngressRefusedException(body, { source: 'application' });
  }
  const handler = {
    name: STATUS_HANDLER,
    label: 'status',
    verb: 'status',
    input: undefined,
    output: undefined,
    writes: false,
  } as const;
  return address.call(handler, undefined, options);
}

function requested(target: TargetModel, address: IngressAddress, method: string): RequestedHandler {
  return asRequested(target, address, method, target.handlers.get(method)!);
}

function runOf(target: TargetModel, address: IngressAddress): RequestedHandler {
  for (const [method, handler] of target.handlers) {
    if (handler.kind === 'run') return asRequested(target, address, method, handler);
  }
  throw new Error(`${target.name} has no run handler.`);
}

function asRequested(
  target: TargetModel,
  { transport }: IngressAddress,
  label: string,
  handler: TargetHandler,
): RequestedHandler {
  const { name, kind } = handler;
  const served = transport.formats?.of(target.name, name);
  const { input = handler.input ?? target.serde, output = handler.output ?? target.serde } = served ?? {};
  return { name, label, input, output, writes: kind === 'handler' };
}
