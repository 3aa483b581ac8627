// #region controller
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { Context } from '@restatedev/restate-sdk';
import { Handler, Service } from '@rea/core';
import {
  type IngressServiceClient,
  InjectIngress,
  SignedWebhook,
  stripe,
  type VerifiedDelivery,
  WebhookDelivery,
  WebhooksModule,
} from '@rea/ingress';

interface PaymentEvent {
  readonly id: string;
  readonly type: string;
}

@Service()
export class Payments {
  readonly settled: string[] = [];

  @Handler()
  async settle(_ctx: Context, event: PaymentEvent): Promise<void> {
    this.settled.push(event.id);
  }
}

@Controller('webhooks')
export class WebhooksController {
  constructor(@InjectIngress(Payments) private readonly payments: IngressServiceClient<Payments>) {}

  @Post('stripe')
  @HttpCode(200)
  @SignedWebhook({
    scheme: stripe(),
    secrets: (app) => app.get(ConfigService, { strict: false }).getOrThrow<string>('STRIPE_SECRETS').split(','),
  })
  async stripe(@Body() event: PaymentEvent, @WebhookDelivery() { idempotencyKey }: VerifiedDelivery): Promise<void> {
    await this.payments.send.settle(event, { idempotencyKey }); // Restate has it: answer the provider
  }
}

@Module({
  imports: [ConfigModule.forRoot(), WebhooksModule],
  controllers: [WebhooksController],
  providers: [Payments],
})
export class PaymentsModule {}
// #endregion controller

// #region scheme
import { createPublicKey } from 'node:crypto';
import type { WebhookScheme } from '@rea/ingress';

/** Discord: Ed25519 over time and body, in headers of its own. */
export const discord: WebhookScheme = {
  name: 'discord',
  key: (hex) => ({
    algorithm: 'ed25519',
    publicKey: createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(hex, 'hex').toString('base64url') },
      format: 'jwk',
    }),
  }),
  read(header, body) {
    const [signature, time] = [header('x-signature-ed25519'), header('x-signature-timestamp')];
    if (!signature || !time) return undefined;
    return {
      signatures: [{ algorithm: 'ed25519', value: Buffer.from(signature, 'hex') }],
      content: Buffer.concat([Buffer.from(time), body]),
      timestamp: Number(time),
      id: () => (JSON.parse(body.toString()) as { id?: string }).id,
    };
  },
};
// #endregion scheme
