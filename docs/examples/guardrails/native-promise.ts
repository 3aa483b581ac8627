import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '@restatedev/restate-sdk';
import { Injectable } from '@nestjs/common';
import { all, Handler, parallel, run, runAsync, Service } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Injectable()
export class Carriers {
  async quote(carrier: string): Promise<string> {
    await pause(50);
    return `${carrier}: 12 EUR`;
  }
}

@Service({ retryPolicy: { initialInterval: 20, maxInterval: 50 } })
export class Quotes {
  constructor(private readonly carriers: Carriers) {}

  // #region bad
  @Handler()
  async atOnce(ctx: Context): Promise<string[]> {
    const quote = (carrier: string) => run(ctx, carrier, () => this.carriers.quote(carrier));
    return Promise.all([quote('DHL'), quote('UPS')]); // aborts the attempt, and the next one
  }
  // #endregion bad

  @Handler()
  async first(ctx: Context): Promise<unknown> {
    const quote = (carrier: string) => run(ctx, carrier, () => this.carriers.quote(carrier));
    return Promise.race([quote('DHL'), quote('UPS')]);
  }

  @Handler()
  async sideBySide(ctx: Context): Promise<string[]> {
    const quote = async (carrier: string) => {
      const found = await run(ctx, carrier, () => this.carriers.quote(carrier));
      return `${found}, ${await run(ctx, `${carrier} again`, () => this.carriers.quote(carrier))}`;
    };
    return Promise.all([quote('DHL'), quote('UPS')]);
  }

  // #region good
  @Handler()
  async together(ctx: Context): Promise<string[]> {
    const quote = (carrier: string) => runAsync(ctx, carrier, () => this.carriers.quote(carrier)).result;
    return all(ctx, [quote('DHL'), quote('UPS')]);
  }

  @Handler()
  async inBranches(ctx: Context): Promise<string[]> {
    const quote = async (carrier: string) => {
      await ctx.sleep({ milliseconds: 30 });
      return run(ctx, carrier, () => this.carriers.quote(carrier));
    };
    return parallel(ctx, [() => quote('DHL'), () => quote('UPS')]);
  }
  // #endregion good
}

const unguarded = {
  outcome: 'never ends',
  failure: 'awaitNext already pending',
  harm: 'each attempt is aborted',
} as const;

export const scenario: RunningScenario = {
  providers: [Carriers, Quotes],
  bad: [
    {
      form: 'Promise.all of runs',
      provoke: (app) => app.ingress.service(Quotes).call.atOnce(undefined, { idempotencyKey: false }),
      unguarded,
    },
    {
      form: 'Promise.race of runs',
      provoke: (app) => app.ingress.service(Quotes).call.first(undefined, { idempotencyKey: false }),
      unguarded,
    },
    {
      form: 'async functions side by side',
      provoke: (app) => app.ingress.service(Quotes).call.sideBySide(undefined, { idempotencyKey: false }),
      unguarded,
    },
  ],
  good: [
    (app) => app.ingress.service(Quotes).call.together(undefined, { idempotencyKey: false }),
    (app) => app.ingress.service(Quotes).call.inBranches(undefined, { idempotencyKey: false }),
  ],
};
