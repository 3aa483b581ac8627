// #region service
import type { Context } from '@restatedev/restate-sdk';
import { Handler, run, Service } from '@rea/core';
import { Mailer } from './mailer.js';

@Service()
export class Greeter {
  constructor(private readonly mailer: Mailer) {} // an ordinary Nest provider

  @Handler()
  async greet(ctx: Context, name: string): Promise<string> {
    await run(ctx, 'mail', ({ idempotencyKey }) => this.mailer.send(name, idempotencyKey)); // once, across crashes
    return `Hello, ${name}`;
  }
}
// #endregion service
