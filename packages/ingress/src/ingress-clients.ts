import type { ModulesContainer } from '@nestjs/core';
import type { ClientTarget } from '@rea/core';
import {
  type ClientDecorator,
  type ClientThatFits,
  type ComponentOfTarget,
  injectingClasses,
  InjectionRegistry,
  injectTarget,
} from '@rea/core/internal';
import { createIngressClient } from './ingress-client.js';
import type { IngressObjectClient, IngressServiceClient, IngressWorkflowClient } from './ingress-client.types.js';
import { IngressConnections } from './ingress-connections.js';

/** Which ingress a client goes to. */
export interface InjectIngressOptions {
  /** The name of one of `IngressModule`'s `connections`. Default: the connection without a name. */
  readonly connection?: string;
}

/** The injection points of ingress clients. */
export const ingressClients = new InjectionRegistry(
  'IngressClient',
  (target, connection, connections: IngressConnections) => {
    // Null where another application of the process has the connection; in this one `checkConnections` refuses it.
    const transport = connections.find(connection);
    return transport ? createIngressClient(target, transport) : null;
  },
  [IngressConnections],
  (modules, connection) => connection === undefined && connectionsOf(modules)?.isOwn === true,
);

function connectionsOf(modules: ModulesContainer): IngressConnections | undefined {
  const module = [...modules.values()].find(({ providers }) => providers.has(IngressConnections));
  return module?.getProviderByKey<IngressConnections>(IngressConnections).instance;
}

/**
 * Checks the injection points of an application.
 *
 * @throws ClientTargetError when a class injects a client of something that is not a component
 * @throws UnknownConnectionError when a class injects a client of a connection that is not there
 */
export function checkIngressClients(modules: ModulesContainer, connections: IngressConnections): void {
  const classes = injectingClasses(modules);
  ingressClients.check(classes);
  for (const [name, { name: owner }] of ingressClients.variantsOf(classes)) connections.get(name, owner);
}

/**
 * The injection token of an ingress client, for `overrideProvider` in tests and for `moduleRef.get`.
 *
 * @throws ClientTargetError when a circular import left the target undefined
 */
export function getIngressToken(target: ClientTarget, { connection }: InjectIngressOptions = {}): symbol {
  return ingressClients.tokenOf(target, undefined, connection);
}

/** The ingress clients that a component may have, as far as its handlers say. */
type IngressClientsOf<Component> =
  | ClientThatFits<IngressServiceClient<Component>, 'call'>
  | ClientThatFits<IngressObjectClient<Component>, 'of'>
  | ClientThatFits<IngressWorkflowClient<Component>, 'of'>;

/**
 * Injects the typed ingress client of a component into a controller, a job or a test: `IngressServiceClient<T>`,
 * `IngressObjectClient<T>` or `IngressWorkflowClient<T>`, by its kind. Inside handlers use `@InjectClient` instead.
 *
 * A connection that `IngressModule` does not have stops the start (REA1052).
 *
 * @param target a decorated class, a contract, or `() => Class` where the two files import each other
 */
export function InjectIngress<Target extends ClientTarget>(
  target: Target,
  { connection }: InjectIngressOptions = {},
): ClientDecorator<IngressClientsOf<ComponentOfTarget<Target>>> {
  return injectTarget(ingressClients, target, connection);
}
