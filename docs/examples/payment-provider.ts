import { Injectable, UnprocessableEntityException } from '@nestjs/common';

/** Stands in for a payment provider: a repeated key is answered from memory and charges nothing. */
@Injectable()
export class PaymentProvider {
  readonly charges = new Map<string, number>();

  async charge(amount: number, idempotencyKey: string, _signal: AbortSignal): Promise<string> {
    if (amount > 1_000) throw new UnprocessableEntityException('The card is declined.');
    this.charges.set(idempotencyKey, amount);
    return `receipt for ${amount}`;
  }
}
