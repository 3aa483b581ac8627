import { Global, Module } from '@nestjs/common';
import { WebhookDeliveries } from './webhook-deliveries.object.js';

/**
 * Where `@SignedWebhook` remembers deliveries: a virtual object in Restate. Import it in the root module of the
 * applications that receive webhooks.
 */
@Global()
@Module({ providers: [WebhookDeliveries], exports: [WebhookDeliveries] })
export class WebhooksModule {}
