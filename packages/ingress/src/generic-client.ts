import type { WorkflowOutput } from '@rea/core';
import { IngressAddress, type RequestedHandler } from './ingress-address.js';
import type {
  IngressAttachOptions,
  IngressCallOptions,
  IngressSendOptions,
  SentInvocation,
} from './ingress-client.types.js';
import type { IngressTransport } from './ingress-transport.js';

/** The verbs on a component that is known by name only. Handlers have their wire names; outputs are what you say. */
export interface IngressGenericVerbs {
  /** Calls a handler and waits for its answer. Every call counts as a write: it needs a key, or `false`. */
  call<Output = unknown>(handler: string, input?: unknown, options?: IngressCallOptions): Promise<Output>;
  /** Hands a message over. A workflow is submitted with `send('run', input, { idempotencyKey: false })`. */
  send<Output = unknown>(
    handler: string,
    input?: unknown,
    options?: IngressSendOptions,
  ): Promise<SentInvocation<Output>>;
  /** Waits for the result of a call that was made with this key. */
  attach<Output = unknown>(handler: string, idempotencyKey: string, options?: IngressAttachOptions): Promise<Output>;
  /** The result of such a call, without waiting for it. */
  output<Output = unknown>(
    handler: string,
    idempotencyKey: string,
    options?: IngressAttachOptions,
  ): Promise<WorkflowOutput<Output>>;
}

/** Client of a component that is known by name only: of a service as it is, of an object or a workflow by `of`. */
export interface IngressGenericClient extends IngressGenericVerbs {
  /** Addresses one object or workflow. @throws InvalidKeyException (400) when the key is empty, too long or has control characters */
  of(key: string): IngressGenericVerbs;
}

/** Makes the client of a component from its name. */
export function createGenericClient(component: string, transport: IngressTransport): IngressGenericClient {
  return {
    ...verbs(new IngressAddress(transport, component, undefined, false)),
    of: (key) => verbs(new IngressAddress(transport, component, key, true)),
  };
}

function verbs(address: IngressAddress): IngressGenericVerbs {
  const all = {
    call: (name: string, input?: unknown, options?: IngressCallOptions) => address.call(handler(name), input, options),
    send: (name: string, input?: unknown, options?: IngressSendOptions) => address.send(handler(name), input, options),
    attach: async (name: string, key: string, options?: IngressAttachOptions) =>
      address.resultOf(handler(name), key).attach(options),
    output: async (name: string, key: string, options?: IngressAttachOptions) =>
      address.resultOf(handler(name), key).output(options),
  };
  return all as IngressGenericVerbs;
}

/** Nothing is known of it, so it counts as a write. */
function handler(name: string): RequestedHandler {
  return { name, label: name, input: undefined, output: undefined, writes: true };
}
