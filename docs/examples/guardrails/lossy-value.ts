import { Injectable } from '@nestjs/common';
import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { Handler, InjectClient, type ObjectClient, run, Service, state, stateKey, VirtualObject } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Injectable()
export class Prices {
  async all(): Promise<Map<string, number>> {
    return new Map([['tea', 2]]);
  }
}

/** Counts, with a function where a number should be: types were bypassed, or come from another package. */
const odd = { tea: () => 1 } as unknown as Record<string, number>;

@VirtualObject()
export class TeaShelf {
  static readonly counts = stateKey<Record<string, number>>('counts');

  @Handler()
  async put(ctx: ObjectContext, counts: Record<string, number>): Promise<void> {
    state(ctx, TeaShelf.counts).set(counts);
  }

  @Handler()
  async putOdd(ctx: ObjectContext): Promise<void> {
    state(ctx, TeaShelf.counts).set(odd);
  }
}

@Service()
export class PriceList {
  constructor(
    private readonly prices: Prices,
    @InjectClient(TeaShelf) private readonly shelves: ObjectClient<TeaShelf>,
  ) {}

  // #region bad
  @Handler()
  async cheapestOfMap(ctx: Context): Promise<string> {
    const prices = await run(ctx, 'read prices', () => this.prices.all()); // {}: JSON does not keep a Map
    return Object.keys(prices)[0] ?? 'nothing';
  }
  // #endregion bad

  @Handler()
  async average(_ctx: Context, prices: number[]): Promise<{ average: number }> {
    return { average: prices.reduce((sum, price) => sum + price, 0) / prices.length };
  }

  @Handler()
  async stock(_ctx: Context, shelf: string): Promise<void> {
    await this.shelves.of(shelf).call.put(odd);
  }

  // #region good
  @Handler()
  async cheapest(ctx: Context): Promise<string> {
    const prices = await run(ctx, 'read prices', async () => Object.fromEntries(await this.prices.all()));
    return Object.keys(prices)[0] ?? 'nothing';
  }
  // #endregion good
}

const once = { idempotencyKey: false } as const;

export const scenario: RunningScenario = {
  providers: [Prices, PriceList, TeaShelf],
  bad: [
    {
      form: 'the result of a run',
      provoke: (app) => app.ingress.service(PriceList).call.cheapestOfMap(undefined, once),
      unguarded: { outcome: 'answers', harm: 'the map is an empty object, also for this attempt' },
    },
    {
      form: 'an output',
      provoke: (app) => app.ingress.service(PriceList).call.average([], once),
      unguarded: { outcome: 'answers', harm: 'the caller gets null for NaN' },
    },
    {
      form: 'the input of a call',
      provoke: (app, key) => app.ingress.service(PriceList).call.stock(key, once),
      unguarded: { outcome: 'answers', harm: 'the field is not there when it arrives' },
    },
    {
      form: 'state',
      provoke: (app, key) => app.ingress.object(TeaShelf).of(key).call.putOdd(undefined, once),
      unguarded: { outcome: 'answers', harm: 'the field is not there when it is read' },
    },
    {
      form: 'the input of a request',
      provoke: (app, key) => app.ingress.object(TeaShelf).of(key).call.put(odd, once),
      unguarded: { outcome: 'answers', harm: 'the field is not there when it arrives' },
    },
  ],
  good: [
    (app) => app.ingress.service(PriceList).call.cheapest(undefined, once),
    (app, key) => app.ingress.object(TeaShelf).of(key).call.put({ tea: 1 }, once),
  ],
};
