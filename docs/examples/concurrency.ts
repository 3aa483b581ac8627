import { type Context, type ObjectContext, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import {
  all,
  any,
  asCompleted,
  batches,
  fanOut,
  Handler,
  InjectClient,
  mapConcurrent,
  type ObjectClient,
  parallel,
  promise,
  promiseKey,
  raceNamed,
  run,
  Service,
  type ServiceClient,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import type { WorkflowSharedContext } from '@restatedev/restate-sdk';

export interface Quote {
  readonly carrier: string;
  readonly price: number;
}

/** A carrier, keyed by its name. */
@VirtualObject()
export class Carrier {
  static readonly labels = stateKey<number>('labels', { default: () => 0 });

  @Handler()
  async quote(ctx: ObjectContext, weight: number): Promise<Quote> {
    if (ctx.key === 'strike') throw new TerminalError('The carrier does not drive today.', { errorCode: 422 });
    await ctx.sleep(ctx.key.length);
    return { carrier: ctx.key, price: weight * ctx.key.length };
  }

  @Handler()
  async label(ctx: ObjectContext, parcel: string): Promise<string> {
    const count = await state(ctx, Carrier.labels).update((labels) => labels + 1);
    return `${ctx.key}-${count} for ${parcel}`;
  }
}

@Service()
export class Payments {
  @Handler()
  async charge(_ctx: Context, amount: number): Promise<string> {
    return `receipt for ${amount}`;
  }
}

@Service()
export class Shipping {
  constructor(
    @InjectClient(Carrier) private readonly carriers: ObjectClient<Carrier>,
    @InjectClient(Payments) private readonly payments: ServiceClient<Payments>,
  ) {}

  // #region fan-out
  @Handler()
  async quotes(ctx: Context, weight: number): Promise<{ best: Quote; silent: number[] }> {
    const names = ['slow', 'strike', 'fast-lane'];
    const { values, failures } = await fanOut(
      ctx,
      names.map((name) => this.carriers.of(name).call.quote(weight)),
    );
    const [best] = values.toSorted((a, b) => a.price - b.price);
    if (!best) throw new TerminalError('No carrier ships today.', { errorCode: 409 });
    return { best, silent: failures.map(({ index }) => index) };
  }
  // #endregion fan-out

  // #region any
  @Handler()
  async anyQuote(ctx: Context, weight: number): Promise<Quote> {
    return any(ctx, [this.carriers.of('strike').call.quote(weight), this.carriers.of('slow').call.quote(weight)]);
  }
  // #endregion any

  // #region as-completed
  @Handler()
  async goodEnough(ctx: Context, limit: number): Promise<Quote | null> {
    const calls = ['fast-lane', 'slow', 'strike'].map((name) => this.carriers.of(name).call.quote(1));
    for await (const { value } of asCompleted(ctx, calls)) {
      if (value && value.price <= limit) return value; // the others are not waited for
    }
    return null;
  }
  // #endregion as-completed

  // #region parallel
  @Handler()
  async book(ctx: Context, quote: Quote): Promise<string> {
    const { receipt, pickup } = await parallel(ctx, {
      receipt: () => this.payments.call.charge(quote.price),
      pickup: async () => {
        const label = await this.carriers.of(quote.carrier).call.label('tea'); // several awaits, one after another,
        await ctx.sleep({ milliseconds: 20 }); // while the other branches go on
        return run(ctx, 'pickup', () => `picked up: ${label}`);
      },
    });
    return `${receipt}, ${pickup}`;
  }
  // #endregion parallel

  // #region map
  @Handler()
  async labels(ctx: Context, parcels: string[]): Promise<string[]> {
    return mapConcurrent(ctx, parcels, 5, async (parcel, index) => {
      const label = await this.carriers.of(`carrier ${index % 3}`).call.label(parcel);
      return run(ctx, `print ${index}`, () => `printed ${label}`);
    });
  }
  // #endregion map

  // #region batches
  @Handler()
  async manifest(ctx: Context, parcels: string[]): Promise<number> {
    const counts = await batches(ctx, parcels, 100, (batch, index) =>
      run(ctx, `manifest ${index}`, () => batch.length),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }
  // #endregion batches

  // #region all
  @Handler()
  async twoQuotes(ctx: Context, weight: number): Promise<number> {
    const [slow, fast] = await all(ctx, [
      this.carriers.of('slow').call.quote(weight),
      this.carriers.of('fast-lane').call.quote(weight),
    ]);
    return Math.min(slow.price, fast.price);
  }
  // #endregion all
}

// #region race-named
@Workflow()
export class Delivery {
  static readonly signed = promiseKey<{ by: string }>('signed');
  static readonly refused = promiseKey<string>('refused');

  @WorkflowRun()
  async deliver(ctx: WorkflowContext, patience: number): Promise<string> {
    const first = await raceNamed(ctx, {
      signed: promise(ctx, Delivery.signed).get(),
      refused: promise(ctx, Delivery.refused).get(),
      timeout: ctx.sleep(patience),
    });
    switch (first.name) {
      case 'signed':
        return `delivered to ${first.value.by}`; // the type of this branch's value
      case 'refused':
        return `refused: ${first.value}`;
      case 'timeout':
        return 'returned';
    }
  }
  // #endregion race-named

  @WorkflowSignal()
  async sign(ctx: WorkflowSharedContext, by: string): Promise<void> {
    await promise(ctx, Delivery.signed).resolve({ by });
  }

  @WorkflowSignal()
  async refuse(ctx: WorkflowSharedContext, reason: string): Promise<void> {
    await promise(ctx, Delivery.refused).resolve(reason);
  }
}
