/**
 * Typed Restate ingress clients for NestJS controllers.
 *
 * @packageDocumentation
 */
export { Ingress } from './ingress.js';
export type {
  IngressAddressedWorkflow,
  IngressAttachOptions,
  IngressCallAndSend,
  IngressCallOptions,
  IngressCalls,
  IngressObjectClient,
  IngressReadOptions,
  IngressSendOptions,
  IngressSends,
  IngressServiceClient,
  IngressSubmitOptions,
  IngressSubmittedWorkflow,
  IngressWorkflowClient,
  SentInvocation,
} from './ingress-client.types.js';
export { getIngressToken, InjectIngress } from './ingress-clients.js';
export {
  IngressException,
  IngressMisuseException,
  IngressPolicyException,
  IngressRefusedException,
  IngressShutdownException,
  IngressTimeoutException,
  IngressUnavailableException,
  InvalidKeyException,
  InvocationFailedException,
  NoResultException,
} from './ingress.exceptions.js';
export { IngressModule } from './ingress.module.js';
export type { IngressOptionsFactory } from './ingress.module-definition.js';
export { INGRESS_OPTIONS, type IngressModuleOptions } from './ingress.options.js';
