import { Handler, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';

@Service()
export class Checkout {
  @Handler()
  async place(_ctx: Context, order: string): Promise<string> {
    return `placed ${order}`;
  }
}

@Service()
export class Returns {
  @Handler()
  async accept(_ctx: Context, order: string): Promise<string> {
    return `accepted ${order}`;
  }
}
