import type { ClientTarget } from '../clients/client-target.js';
import { durableClients } from '../clients/durable-clients.js';
import { injectTarget } from './inject-target.js';

/**
 * Injects the durable client of a component: `ServiceClient<T>`, `ObjectClient<T>` or `WorkflowClient<T>`, by its kind.
 * It works inside handlers only; in controllers use `@InjectIngress` of `@rea/ingress`.
 *
 * @param target a decorated class, a contract, or `() => Class` where the two files import each other
 */
export function InjectClient(target: ClientTarget): ParameterDecorator & PropertyDecorator {
  return injectTarget(durableClients, target);
}
