import { Injectable } from '@nestjs/common';
import { Handler, type OnEndpointReady, run, Service } from '@rea/core';
import { InjectIngress, type IngressServiceClient } from '@rea/ingress';
import type { Context } from '@restatedev/restate-sdk';

@Service()
export class PriceList {
  @Handler()
  async load(ctx: Context): Promise<number> {
    return run(ctx, 'load', () => 42);
  }
}

// #region ready
@Injectable()
export class PricesAtStart implements OnEndpointReady {
  constructor(@InjectIngress(PriceList) private readonly prices: IngressServiceClient<PriceList>) {}

  async onEndpointReady(): Promise<void> {
    await this.prices.send.load(undefined, { idempotencyKey: 'load-at-start' });
  }
}
// #endregion ready
