import { type CanActivate, type ExecutionContext, Inject, Injectable, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ReaEvents, type WebhookRejectionReason } from '@rea/core';
import { headerOf, rawBodyOf, type WebhookRequest } from './raw-body.js';
import type { SignedWebhookOptions } from './signed-webhook.options.js';
import { webhookOptionsOf, receiverOf } from './webhook-metadata.js';
import { problemOf } from './verify-delivery.js';
import { WebhookSetupError } from './webhook.errors.js';
import { WebhookRefusedException } from './webhook.exceptions.js';
import { keepDelivery, VerifiedDelivery } from './webhook-delivery.js';
import type { WebhookKey } from './webhook-scheme.js';

const DEFAULT_TOLERANCE = 300_000;

/** Lets only deliveries pass that the provider has signed, and lately. */
@Injectable()
export class WebhookGuard implements CanActivate {
  constructor(
    private readonly app: ModuleRef,
    @Optional() @Inject(ReaEvents) private readonly events: ReaEvents | undefined,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const options = webhookOptionsOf(context);
    const { scheme, tolerance = DEFAULT_TOLERANCE } = options;
    const request = context.switchToHttp().getRequest<WebhookRequest>();
    const keys = await this.keysOf(options, receiverOf(context));
    const delivery = scheme.read((name) => headerOf(request, name), rawBodyOf(request));
    const reason = problemOf(delivery, keys, tolerance, Date.now());
    if (reason) this.refuse(scheme.name, reason);
    const { timestamp } = delivery!;
    const signedAt = timestamp === undefined ? undefined : new Date(timestamp * 1_000);
    keepDelivery(request, new VerifiedDelivery(receiverOf(context), delivery!.id() || undefined, signedAt));
    return true;
  }

  private refuse(scheme: string, reason: WebhookRejectionReason): never {
    this.events?.publish('webhook-rejected', () => ({ scheme, reason }));
    throw new WebhookRefusedException();
  }

  private async keysOf({ scheme, secrets }: SignedWebhookOptions, receiver: string): Promise<WebhookKey[]> {
    const list = typeof secrets === 'function' ? await secrets(this.app) : secrets;
    const keys = list.map((secret) => (secret ? scheme.key(secret) : undefined));
    // With an empty secret, which is what an unset variable often becomes, everybody could sign.
    if (keys.length > 0 && keys.every((key) => key !== undefined)) return keys;
    throw new WebhookSetupError(
      'REA4014',
      `The webhook ${receiver} has ${keys.length === 0 ? 'no secret' : `a secret (number ${keys.indexOf(undefined) + 1}) that is empty or not of ${scheme.name}`}, so nothing could be verified. Check what the option secrets gives.`,
    );
  }
}
