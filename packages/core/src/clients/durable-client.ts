import { facade } from './client-misuse.js';
import type { TargetModel } from './client-target.js';
import { call, send } from './durable-calls.js';
import type { CallOptions, ObjectClient, SendOptions, ServiceClient, WorkflowClient } from './durable-client.types.js';
import { checkKey } from './object-key.js';
import { WorkflowAddress } from './workflow-address.js';
import { verbsOver, withoutVerbs } from './wrong-verb.js';

/** Any of the durable clients, as the container holds them. */
export type DurableClient = ServiceClient<unknown> | ObjectClient<unknown> | WorkflowClient<unknown>;

/**
 * Makes the durable client of a target. It is ambient: it finds the attempt it is used in, so one client serves all
 * invocations at once.
 */
export function createDurableClient(target: TargetModel): DurableClient {
  switch (target.kind) {
    case 'service':
      return callAndSend(target, undefined, withoutVerbs(target, ['call', 'send'])) as ServiceClient<unknown>;
    case 'object': {
      const others = withoutVerbs(target, ['call', 'send']);
      return addressing(target, (key) => callAndSend(target, checkKey(key, target.name), others));
    }
    case 'workflow':
      return addressing(target, (id) => new WorkflowAddress(target, checkKey(id, target.name)));
  }
}

function addressing(target: TargetModel, of: (key: string) => object): ObjectClient<unknown> {
  return verbsOver(withoutVerbs(target, ['of']), { of }) as unknown as ObjectClient<unknown>;
}

function callAndSend(target: TargetModel, key: string | undefined, others: object): object {
  return verbsOver(others, {
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
  });
}
