import { randomUUID } from 'node:crypto';
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  Optional,
} from '@nestjs/common';
import { idempotencyKey } from '@rea/core';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Ingress } from '../ingress.js';
import type { SingleUseOptions } from './signed-webhook.options.js';
import { receiverOf, webhookOptionsOf } from './webhook-metadata.js';
import { WebhookDeliveries } from './webhook-deliveries.object.js';
import { deliveryOf } from './webhook-delivery.js';
import { WebhookSetupError } from './webhook.errors.js';
import { WebhookBusyException, WebhookWithoutIdException } from './webhook.exceptions.js';

const DEFAULT_LEASE = 60_000;
const DEFAULT_RETENTION = 30 * 24 * 60 * 60 * 1_000;

/**
 * Calls the method once for each delivery. Who fails is asked again: when the method throws, the delivery is open for the
 * provider's next try; when the process dies, it is after the lease.
 */
@Injectable()
export class SingleUseInterceptor implements NestInterceptor {
  private readonly ingress: Ingress;

  constructor(
    @Optional() @Inject(Ingress) ingress: Ingress | undefined,
    @Optional() @Inject(WebhookDeliveries) memory: WebhookDeliveries | undefined,
  ) {
    if (!ingress || !memory) {
      throw new WebhookSetupError(
        'REA1051',
        '@SignedWebhook remembers deliveries in Restate. Import WebhooksModule and IngressModule in the root module, or set singleUse: false.',
      );
    }
    this.ingress = ingress;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(this.handleOnce(context, next));
  }

  private async handleOnce(context: ExecutionContext, next: CallHandler): Promise<unknown> {
    const id = deliveryOf(context)?.id;
    if (id === undefined) throw new WebhookWithoutIdException();
    const { singleUse } = webhookOptionsOf(context);
    const { lease = DEFAULT_LEASE, retention = DEFAULT_RETENTION }: SingleUseOptions =
      typeof singleUse === 'object' ? singleUse : {};
    const { call } = this.ingress.object(WebhookDeliveries).of(idempotencyKey(receiverOf(context), id));
    const claimed = await call.claim({ lease, retention }, once());
    if (claimed.outcome === 'busy') throw new WebhookBusyException();
    if (claimed.outcome === 'repeated') return { repeated: true };
    const { claim } = claimed;
    let answer: unknown;
    try {
      answer = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      await call.settle({ claim, done: false }, once());
      throw error;
    }
    await call.settle({ claim, done: true }, once());
    return answer;
  }
}

/** For the transport's own retries. */
function once(): { readonly idempotencyKey: string } {
  return { idempotencyKey: randomUUID() };
}
