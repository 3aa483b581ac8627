// #region partners
import { randomInt } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';

@Injectable()
export class Payments {
  private readonly logger = new Logger(Payments.name);

  async charge(amount: number, idempotencyKey: string): Promise<string> {
    this.logger.log(`Charged ${amount} EUR (${idempotencyKey})`);
    return `receipt ${randomInt(10_000, 99_999)}`;
  }
}

@Injectable()
export class Mailer {
  private readonly logger = new Logger(Mailer.name);

  async send(text: string, idempotencyKey: string): Promise<void> {
    this.logger.log(`Mailed "${text}" (${idempotencyKey})`);
  }
}
// #endregion partners
