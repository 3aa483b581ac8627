import type { ClientDecorator, ComponentOfTarget, DurableClientsOf } from '../clients/client-decorator.types.js';
import type { ClientTarget } from '../clients/client-target.js';
import { durableClients } from '../clients/durable-clients.js';
import { injectTarget } from './inject-target.js';

/**
 * Injects the durable client of a component: `ServiceClient<T>`, `ObjectClient<T>` or `WorkflowClient<T>`, by its kind.
 * Another type does not compile, as far as the handlers' contexts show the kind. It works inside handlers only; in controllers use `@InjectIngress` of `@rea/ingress`.
 *
 * @param target a decorated class, a contract, or `() => Class` where the two files import each other
 */
export function InjectClient<Target extends ClientTarget>(
  target: Target,
): ClientDecorator<DurableClientsOf<ComponentOfTarget<Target>>> {
  return injectTarget(durableClients, target);
}
