import { Injectable, Logger } from '@nestjs/common';
import { Handler, run, Service } from '@rea/core';
import { ObservabilityModule, ReaMetrics } from '@rea/observability';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { type Samples, scrape } from '../support/scrape.js';

const attempts = new Map<string, number>();

function failFirst(what: string): void {
  const count = (attempts.get(what) ?? 0) + 1;
  attempts.set(what, count);
  if (count === 1) throw new Error('not yet');
}

@Injectable()
class ShopMetrics {
  readonly parcels;
  readonly visits;
  readonly baskets;

  constructor(metrics: ReaMetrics) {
    this.parcels = metrics.counter({ name: 'shop_parcels_total', help: 'Parcels sent.', labels: ['carrier'] });
    this.visits = metrics.counter({ name: 'shop_visits_total', help: 'Visits.' });
    this.baskets = metrics.histogram({
      name: 'shop_basket_euros',
      help: 'Worth of baskets.',
      labels: ['carrier'],
      buckets: [10, 100],
    });
  }
}

@Service({ retryPolicy: { initialInterval: 10 } })
class Shop {
  constructor(private readonly shop: ShopMetrics) {}

  @Handler()
  async ship(ctx: Context, carrier: string): Promise<void> {
    this.shop.visits.inc();
    failFirst(`${carrier} at once`);
    await run(ctx, 'pack', () => {
      this.shop.parcels.inc({ carrier }, 2);
      failFirst(`${carrier} in the run`);
    });
    this.shop.baskets.observe({ carrier }, 42);
    failFirst(`${carrier} after the run`);
    await ctx.sleep(1);
    failFirst(`${carrier} at last`);
    this.shop.visits.inc(10);
  }

  @Handler()
  async refuse(_ctx: Context, carrier: string): Promise<void> {
    this.shop.parcels.inc({ carrier });
    throw new TerminalError('no');
  }
}

let app: ReaTestApp;
let url: string;
beforeAll(async () => {
  app = await createTestApp({
    imports: [ObservabilityModule.forRoot({ metrics: true })],
    providers: [Shop, ShopMetrics],
  });
  await app.app.listen(0, '127.0.0.1');
  url = `${await app.app.getUrl()}/metrics`;
});
afterAll(() => app?.close());

async function own(): Promise<Record<string, number>> {
  const { samples }: { samples: Samples } = await scrape(url);
  return Object.fromEntries([...samples].filter(([series]) => /^shop_.*(_total|_count|_sum)/.test(series)));
}

describe('Metrics of the application', () => {
  test('count once per invocation, over failures and replays of every kind', async () => {
    await app.ingress.service(Shop).call.ship('owl', { idempotencyKey: false });
    await eventually(async () =>
      expect(await own()).toEqual({
        shop_visits_total: 11,
        'shop_parcels_total{carrier="owl"}': 2,
        'shop_basket_euros_count{carrier="owl"}': 1,
        'shop_basket_euros_sum{carrier="owl"}': 42,
      }),
    );
    expect([...attempts.values()]).toEqual([expect.any(Number), 2, expect.any(Number), expect.any(Number)]);
  });

  test('count of an invocation that fails', async () => {
    await app.ingress
      .service(Shop)
      .call.refuse('bat', { idempotencyKey: false })
      .catch(() => undefined);
    await eventually(async () => expect(await own()).toMatchObject({ 'shop_parcels_total{carrier="bat"}': 1 }));
  });

  test('count at once outside handlers', async () => {
    app.get(ShopMetrics).parcels.inc({ carrier: 'hand' });
    expect(await own()).toMatchObject({ 'shop_parcels_total{carrier="hand"}': 1 });
  });

  test('are the same ones when they are asked for again', async () => {
    const again = app.get(ReaMetrics).counter({ name: 'shop_parcels_total', help: 'Parcels.', labels: ['carrier'] });
    again.inc({ carrier: 'twice' });
    app.get(ShopMetrics).parcels.inc({ carrier: 'twice' });
    expect(await own()).toMatchObject({ 'shop_parcels_total{carrier="twice"}': 2 });
  });

  test.each([
    ['shop_parcels', [], /^REA1062: The counter "shop_parcels" does not end in _total/],
    ['Shop_parcels_total', [], /^REA1062: .* is not named by convention/],
    ['rea_parcels_total', [], /^REA1062: .* begins as Rea's own/],
    ['shop_parcels_total', ['le'], /^REA1062: .* has the label "le"/],
    [
      'shop_parcels_total',
      ['other'],
      /^REA1061: The metric shop_parcels_total is a counter with the labels \(carrier\)/,
    ],
  ])('a counter named %s with the labels %j is checked', (name, labels, error) => {
    expect(() => app.get(ReaMetrics).counter({ name, help: 'Things.', labels })).toThrow(error);
  });

  test('given what is no number, or a counter that should go down, are told once and left alone', async () => {
    const told: string[] = [];
    const spy = vi.spyOn(Logger.prototype, 'error').mockImplementation((text: unknown) => void told.push(String(text)));
    const before = await own();
    const { baskets, visits } = app.get(ShopMetrics);
    for (const by of [-1, NaN, Infinity]) visits.inc(by);
    baskets.observe({ carrier: 'owl' }, NaN);
    expect(await own()).toEqual(before);
    expect(told).toEqual([
      'REA9006: The metric shop_visits_total was given -1, which is not counted. Give it a number, 0 or more.',
      'REA9006: The metric shop_basket_euros was given NaN, which is not counted. Give it a number.',
    ]);
    spy.mockRestore();
  });

  test('cost nothing and change nothing while metrics are off', async () => {
    await using bare = await createTestApp({
      imports: [ObservabilityModule.forRoot()],
      providers: [Shop, ShopMetrics],
    });
    const before = await own();
    await bare.ingress.service(Shop).call.ship('owl', { idempotencyKey: false });
    expect(await own()).toEqual(before);
  });
});
