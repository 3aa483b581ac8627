import { Body, Controller, Injectable, Param, Post } from '@nestjs/common';
import { Handler, idempotencyKey, InjectClient, run, Service, type ServiceClient } from '@rea/core';
import { IdempotencyKey, type IngressServiceClient, InjectIngress } from '@rea/ingress';
import type { Context } from '@restatedev/restate-sdk';

/** Stands in for a payment provider that recognises keys. */
@Injectable()
export class Bank {
  readonly byKey = new Map<string, number>();

  async charge(amount: number, key: string): Promise<number> {
    this.byKey.set(key, amount);
    return this.byKey.size;
  }
}

// #region run
@Service()
export class Till {
  constructor(private readonly bank: Bank) {}

  @Handler()
  async charge(ctx: Context, amount: number): Promise<number> {
    return run(ctx, 'charge', ({ idempotencyKey: key }) => this.bank.charge(amount, key)); // the bank recognises a repeat
  }
}
// #endregion run

// #region handler
@Service()
export class Billing {
  constructor(@InjectClient(Till) private readonly till: ServiceClient<Till>) {}

  @Handler()
  async bill(_ctx: Context, order: string): Promise<number> {
    return this.till.call.charge(20, {
      idempotencyKey: idempotencyKey('bill', order), // two invocations may bill the same order: charge it once
      crossInvocation: true,
    });
  }
}
// #endregion handler

// #region controller
@Controller('orders')
export class PaymentsController {
  constructor(@InjectIngress(Till) private readonly till: IngressServiceClient<Till>) {}

  @Post(':id/payments')
  pay(@Param('id') id: string, @Body() body: { amount: number }, @IdempotencyKey() key?: string) {
    // What the client says is one action; without it, one payment per order.
    const action = key === undefined ? idempotencyKey('pay', id) : idempotencyKey('pay', id, key);
    return this.till.call.charge(body.amount, { idempotencyKey: action });
  }
}
// #endregion controller
