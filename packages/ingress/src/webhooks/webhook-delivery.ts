import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { idempotencyKey } from '@rea/core';

/** A delivery whose signature has been verified. */
export class VerifiedDelivery {
  constructor(
    /** The method's name, or the one that the decorator was given. */
    private readonly receiver: string,
    /** The provider's id of it, the same when it is sent again; undefined when it has none. */
    readonly id: string | undefined,
    /** When the provider signed it; undefined when the provider does not say. */
    readonly signedAt: Date | undefined,
  ) {}

  /**
   * The idempotency key for what the method asks of Restate: `send.paid(event, { idempotencyKey: delivery.idempotencyKey })`.
   * A method that runs twice, since its process died, then still has one effect.
   *
   * @throws TypeError when the delivery has no id
   */
  get idempotencyKey(): string {
    if (this.id === undefined) throw new TypeError('The delivery has no id, and so no idempotency key.');
    return idempotencyKey('webhook', this.receiver, this.id);
  }
}

/** By the HTTP platform's request. */
const deliveries = new WeakMap<object, VerifiedDelivery>();

export function keepDelivery(request: object, delivery: VerifiedDelivery): void {
  deliveries.set(request, delivery);
}

export function deliveryOf(context: ExecutionContext): VerifiedDelivery | undefined {
  return deliveries.get(context.switchToHttp().getRequest<object>());
}

/** Gives a method with `@SignedWebhook` the {@link VerifiedDelivery}. */
export const WebhookDelivery: () => ParameterDecorator = createParamDecorator((_data: undefined, context) =>
  deliveryOf(context),
);
