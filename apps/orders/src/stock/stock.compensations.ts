import { Injectable } from '@nestjs/common';
import { all, InjectClient, type ObjectClient } from '@rea/core';
import { Compensation, compensationKey } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { failIf } from '../common/failure-switch.js';
import { Stock } from './stock.object.js';

const Reserved = z.object({ orderId: z.string(), skus: z.array(z.string()), fail: z.boolean().optional() });

/** Puts back what is set aside for an order. */
export const releaseStock = compensationKey<z.infer<typeof Reserved>>('release-stock', { schema: Reserved });

/** What takes back what was done to the stock. */
@Injectable()
export class StockCompensations {
  constructor(@InjectClient(Stock) private readonly stock: ObjectClient<Stock>) {}

  @Compensation(releaseStock)
  async release(ctx: Context, { orderId, skus, fail }: z.infer<typeof Reserved>): Promise<void> {
    failIf(fail, 'The release of the stock');
    await all(
      ctx,
      skus.map((sku) => this.stock.of(sku).call.release(orderId)),
    );
  }
}
