import { Injectable } from '@nestjs/common';
import { InjectClient, type ServiceClient } from '@rea/core';
import { Compensation, compensationKey } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { failIf } from '../common/failure-switch.js';
import { Recall } from './shipping.schemas.js';
import { Shipping } from './shipping.service.js';

const Recalled = Recall.extend({ fail: z.boolean().optional() });

/** Calls off the pick-up of an order. */
export const recallParcel = compensationKey<z.infer<typeof Recalled>>('recall-parcel', { schema: Recalled });

/** What takes shipments back. */
@Injectable()
export class ShippingCompensations {
  constructor(@InjectClient(Shipping) private readonly shipping: ServiceClient<Shipping>) {}

  @Compensation(recallParcel)
  async recall(_ctx: Context, { fail, ...recall }: z.infer<typeof Recalled>): Promise<void> {
    failIf(fail, 'The recall of the parcel');
    await this.shipping.call.recall(recall);
  }
}
