import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { TerminalError } from '@restatedev/restate-sdk';
import { Handler, InjectClient, type ObjectClient, run, Service, type ServiceClient, VirtualObject } from '@rea/core';
import { Spans } from '@rea/observability';
import { Compensation, compensateWith, Sagas } from '@rea/saga';

@VirtualObject()
export class Stock {
  @Handler()
  async reserve(ctx: ObjectContext, count: number): Promise<string> {
    await run(ctx, 'check', () => count);
    return `hold ${ctx.key}`;
  }

  @Handler()
  async release(ctx: ObjectContext): Promise<void> {
    await run(ctx, 'put back', () => undefined);
  }
}

@Service()
export class Payments {
  @Handler()
  async charge(ctx: Context, amount: number): Promise<string> {
    if (amount > 100) throw new TerminalError('declined', { errorCode: 402 });
    return run(ctx, 'charge card', () => `paid ${amount}`);
  }

  @Handler()
  async receipt(ctx: Context): Promise<void> {
    await run(ctx, 'print', () => undefined);
  }
}

export interface Order {
  readonly sku: string;
  readonly amount: number;
}

@Service({ retryPolicy: { initialInterval: 10 } })
export class Orders {
  constructor(
    private readonly sagas: Sagas,
    private readonly spans: Spans,
    @InjectClient(Stock) private readonly stock: ObjectClient<Stock>,
    @InjectClient(Payments) private readonly payments: ServiceClient<Payments>,
  ) {}

  @Handler()
  async place(ctx: Context, { sku, amount }: Order): Promise<string> {
    await run(ctx, 'note', () => sku);
    return this.sagas.run(ctx, 'order', async (saga) => {
      await saga.step('reserve', {
        compensate: compensateWith('release-stock', () => ({ sku })),
        action: () => this.stock.of(sku).call.reserve(1),
      });
      const paid = await saga.step('pay', { irreversible: true, action: () => this.payments.call.charge(amount) });
      this.payments.send.receipt(undefined);
      return this.spans.in('pack', () => run(ctx, 'box', () => `${paid}, packed`));
    });
  }

  @Compensation('release-stock')
  async release(_ctx: Context, { sku }: { readonly sku: string }): Promise<void> {
    await this.stock.of(sku).call.release();
  }
}

/** The trace of an order that is too dear, where nothing was suspended. */
export const ROLLED_BACK = `
POST /orders
  Orders call.place !
    attempt Orders/place [failed] !
      run note
      step reserve
        call Stock/reserve
          attempt Stock/reserve
            run check
      step pay !
        call Payments/charge
          attempt Payments/charge [failed] !
      compensation release-stock
        send Stock/release
          attempt Stock/release
            run put back`;
