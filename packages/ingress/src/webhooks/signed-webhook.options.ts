import type { OptionShape } from '@rea/core/internal';
import type { ModuleRef } from '@nestjs/core';
import type { WebhookScheme } from './webhook-scheme.js';

/** How a delivery is remembered. */
export interface SingleUseOptions {
  /**
   * How long handling a delivery may take, in milliseconds. A process that dies meanwhile leaves the delivery to be
   * handled again after that time. Default 60 000.
   */
  readonly lease?: number;
  /** How long a handled delivery is remembered, in milliseconds. Default 30 days. */
  readonly retention?: number;
}

export interface SignedWebhookOptions {
  /** How the provider signs: `stripe()`, `github()`, `standardWebhooks()`, or your own. */
  readonly scheme: WebhookScheme;
  /**
   * The secrets, each valid: to rotate, add the new one, switch the provider, remove the old one. A function is asked for
   * each delivery, and gets the application's providers:
   * `(app) => [app.get(ConfigService, { strict: false }).getOrThrow('STRIPE_SECRET')]`.
   */
  readonly secrets: readonly string[] | ((app: ModuleRef) => readonly string[] | Promise<readonly string[]>);
  /** How far the delivery's time may be from now, in milliseconds, where the provider signs one. Default 300 000. */
  readonly tolerance?: number;
  /**
   * Whether each delivery is handled once: a repetition is answered with success, and the method is not called. Needs
   * `WebhooksModule`. Default true.
   */
  readonly singleUse?: boolean | SingleUseOptions;
  /** Tells deliveries to different methods apart. Default: the controller's and the method's name. */
  readonly name?: string;
}

export const SIGNED_WEBHOOK_SHAPE: OptionShape<SignedWebhookOptions> = {
  scheme: true,
  secrets: true,
  tolerance: true,
  singleUse: { lease: true, retention: true },
  name: true,
};
