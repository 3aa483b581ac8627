import { facade } from './client-misuse.js';
import type { TargetModel } from './client-target.js';
import { call, send } from './durable-calls.js';
import type { CallOptions, ObjectClient, SendOptions, ServiceClient, WorkflowClient } from './durable-client.types.js';
import { checkKey } from './object-key.js';
import { WorkflowAddress } from './workflow-address.js';

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
      'call',
      (method) => (input: unknown, options?: CallOptions) => call(target, key, method, input, options),
    ),
    send: facade(
      target,
      'send',
      (method) => (input: unknown, options?: SendOptions) => send(target, key, method, input, options),
    ),
  };
}
