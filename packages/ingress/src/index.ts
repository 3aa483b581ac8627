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
export { github } from './webhooks/schemes/github.js';
export { standardWebhooks } from './webhooks/schemes/standard-webhooks.js';
export { stripe } from './webhooks/schemes/stripe.js';
export { SignedWebhook } from './webhooks/signed-webhook.decorator.js';
export type { SignedWebhookOptions, SingleUseOptions } from './webhooks/signed-webhook.options.js';
export { VerifiedDelivery, WebhookDelivery } from './webhooks/webhook-delivery.js';
export { WebhookSetupError } from './webhooks/webhook.errors.js';
export {
  WebhookBusyException,
  WebhookRefusedException,
  WebhookWithoutIdException,
} from './webhooks/webhook.exceptions.js';
export type {
  UnverifiedDelivery,
  WebhookHeaders,
  WebhookKey,
  WebhookScheme,
  WebhookSignature,
} from './webhooks/webhook-scheme.js';
export { WebhooksModule } from './webhooks/webhooks.module.js';
