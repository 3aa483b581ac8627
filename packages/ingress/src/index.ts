/**
 * Typed Restate ingress clients for NestJS controllers.
 *
 * @packageDocumentation
 */
export { IdempotencyKey, type IdempotencyKeyOptions } from './idempotency/idempotency-key.decorator.js';
export type { IngressGenericClient, IngressGenericVerbs } from './generic-client.js';
export { Ingress } from './ingress.js';
export { IngressAwakeable, type IngressResolveOptions } from './ingress-awakeable.js';
export type {
  IngressAddressedWorkflow,
  IngressAttaches,
  IngressAttachOptions,
  IngressBounds,
  IngressCallAndSend,
  IngressCallOptions,
  IngressCalls,
  IngressObjectClient,
  IngressOutputs,
  IngressReadOptions,
  IngressSendOptions,
  IngressSends,
  IngressServiceClient,
  IngressSubmitOptions,
  IngressSubmittedWorkflow,
  IngressWorkflowClient,
  SentInvocation,
} from './ingress-client.types.js';
export { getIngressToken, InjectIngress, type InjectIngressOptions } from './ingress-clients.js';
export { UnknownConnectionError } from './ingress.errors.js';
export {
  EndpointClosedException,
  EndpointNotOpenException,
  type IngressErrorSource,
  IngressException,
  IngressHeadersException,
  IngressMisuseException,
  IngressPolicyException,
  IngressRefusedException,
  IngressShutdownException,
  IngressTimeoutException,
  IngressUnavailableException,
  InvalidKeyException,
  InvocationFailedException,
  MissingIdempotencyKeyException,
  NoResultException,
  UnreadableAnswerException,
  UnsendableHeaderException,
} from './ingress.exceptions.js';
export { IngressExceptionFilter } from './ingress-exception.filter.js';
export { IngressInvocation } from './ingress-invocation.js';
export { IngressModule } from './ingress.module.js';
export type { IngressOptionsFactory } from './ingress.module-definition.js';
export {
  INGRESS_OPTIONS,
  type IngressConnectionOptions,
  type IngressHeaders,
  type IngressModuleOptions,
  type NamedConnectionOptions,
} from './ingress.options.js';
export type { IngressRetryOptions } from './ingress-retry.js';
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
