import type { ClientTarget } from '@rea/core';
import { InjectionRegistry, injectTarget } from '@rea/core/internal';
import { createIngressClient } from './ingress-client.js';
import { IngressTransport } from './ingress-transport.js';

/** The injection points of ingress clients. */
export const ingressClients = new InjectionRegistry('IngressClient', createIngressClient, [IngressTransport]);

/**
 * The injection token of an ingress client, for `overrideProvider` in tests and for `moduleRef.get`.
 *
 * @throws ClientTargetError when a circular import left the target undefined
 */
export function getIngressToken(target: ClientTarget): symbol {
  return ingressClients.tokenOf(target);
}

/**
 * Injects the typed ingress client of a component into a controller, a job or a test: `IngressServiceClient<T>`,
 * `IngressObjectClient<T>` or `IngressWorkflowClient<T>`, by its kind. Inside handlers use `@InjectClient` instead.
 *
 * @param target a decorated class, a contract, or `() => Class` where the two files import each other
 */
export function InjectIngress(target: ClientTarget): ParameterDecorator & PropertyDecorator {
  return injectTarget(ingressClients, target);
}
