import type { Context } from '@restatedev/restate-sdk';
import { Handler, InjectClient, Service, type ServiceClient } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Service()
export class Invoices {
  @Handler()
  async file(_ctx: Context, order: string): Promise<string> {
    return `invoice of ${order}`;
  }
}

@Service()
export class Bookkeeping {
  constructor(@InjectClient(Invoices) private readonly invoices: ServiceClient<Invoices>) {}

  // #region bad
  @Handler()
  async book(_ctx: Context, order: string): Promise<string> {
    void this.invoices.call.file(order); // if it fails, nobody learns of it
    return 'booked';
  }
  // #endregion bad

  // #region good
  @Handler()
  async bookAndFile(_ctx: Context, order: string): Promise<string> {
    return this.invoices.call.file(order);
  }

  @Handler()
  async bookAndSend(_ctx: Context, order: string): Promise<string> {
    this.invoices.send.file(order);
    return 'booked';
  }
  // #endregion good
}

const options = { idempotencyKey: false } as const;

export const scenario: RunningScenario = {
  providers: [Invoices, Bookkeeping],
  bad: [
    {
      form: 'a call that nobody awaits',
      provoke: (app) => app.ingress.service(Bookkeeping).call.book('a-17', options),
      unguarded: { outcome: 'answers', harm: 'a failure of the call is lost' },
    },
  ],
  good: [
    (app) => app.ingress.service(Bookkeeping).call.bookAndFile('a-17', options),
    (app) => app.ingress.service(Bookkeeping).call.bookAndSend('a-17', options),
  ],
};
