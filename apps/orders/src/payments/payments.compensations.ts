import { Injectable } from '@nestjs/common';
import { InjectClient, type ServiceClient } from '@rea/core';
import { Compensation, compensationKey } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { failIf } from '../common/failure-switch.js';
import { Payments } from './payments.service.js';

const Payment = z.object({ orderId: z.string(), fail: z.boolean().optional() });
type Payment = z.infer<typeof Payment>;

/** Lets go of what is held for an order. */
export const voidPayment = compensationKey<Payment>('void-payment', { schema: Payment });

/** Gives back what was taken for an order. */
export const refundPayment = compensationKey<Payment>('refund-payment', { schema: Payment });

/** What takes payments back. */
@Injectable()
export class PaymentsCompensations {
  constructor(@InjectClient(Payments) private readonly payments: ServiceClient<Payments>) {}

  @Compensation(voidPayment)
  async void(_ctx: Context, { orderId, fail }: Payment): Promise<void> {
    failIf(fail, 'The void of the payment');
    await this.payments.call.void(orderId);
  }

  @Compensation(refundPayment)
  async refund(_ctx: Context, { orderId, fail }: Payment): Promise<void> {
    failIf(fail, 'The refund of the payment');
    await this.payments.call.refund(orderId);
  }
}
