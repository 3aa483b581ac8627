import { createHmac } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BadGatewayException, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { Settings } from '../../config/settings.js';
import type { PaymentEvent } from '../payment.schemas.js';

const TIMEOUT = 10_000;

/**
 * The provider's side of the webhook: signs an event as Standard Webhooks say, and sends it to the shop's own address. A
 * real provider does so from its own machines, and keeps on trying.
 */
@Injectable()
export class PaymentWebhookSender {
  constructor(
    private readonly config: ConfigService<Settings, true>,
    private readonly host: HttpAdapterHost,
  ) {}

  /** @throws BadGatewayException when the shop does not take it */
  async send(event: PaymentEvent): Promise<void> {
    const body = JSON.stringify(event);
    const response = await fetch(`http://localhost:${this.port}/webhooks/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.signed(`evt_${event.orderId}`, body) },
      body,
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) throw new BadGatewayException(`The shop answered the webhook with ${response.status}.`);
  }

  private signed(id: string, body: string): Record<string, string> {
    const [secret = ''] = this.config.get('PAYMENT_WEBHOOK_SECRETS', { infer: true });
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const time = Math.floor(Date.now() / 1_000);
    const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': `v1,${signature}` };
  }

  private get port(): number {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    return (server.address() as AddressInfo).port;
  }
}
