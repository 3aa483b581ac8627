import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { SignedWebhook, standardWebhooks } from '@rea/ingress';
import type { Settings } from '../config/settings.js';
import { PaymentEvent } from '../payments/payment.schemas.js';
import { OrdersService } from './orders.service.js';

/** Where the payment provider tells how payments went that had to be confirmed. */
@Controller('webhooks')
export class PaymentWebhooksController {
  constructor(private readonly orders: OrdersService) {}

  /** Only what the provider has signed gets here, each delivery once. */
  @Post('payments')
  @HttpCode(200)
  @SignedWebhook({
    scheme: standardWebhooks(),
    secrets: (app) =>
      app
        .get<ConfigService<Settings, true>>(ConfigService, { strict: false })
        .get('PAYMENT_WEBHOOK_SECRETS', { infer: true }),
  })
  async payment(@Body({ schema: PaymentEvent }) event: PaymentEvent): Promise<void> {
    await this.orders.paymentAnswered(event);
  }
}
