import type { ClientTarget } from './client-target.js';
import { createDurableClient } from './durable-client.js';
import { InjectionRegistry } from './injection-registry.js';

/** The injection points of durable clients. */
export const durableClients = new InjectionRegistry('DurableClient', createDurableClient);

/**
 * The injection token of a durable client, for `overrideProvider` in tests and for `moduleRef.get`.
 *
 * @throws ClientTargetError when a circular import left the target undefined
 */
export function getClientToken(target: ClientTarget): symbol {
  return durableClients.tokenOf(target);
}
