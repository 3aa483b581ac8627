import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigModule } from '@nestjs/config';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { OrderResponse } from '../../src/orders/order.response.js';
import type { StockLevel } from '../../src/stock/stock.schemas.js';
import type { LedgerEntry } from '../../src/payments/stand-in/ledger-entry.schema.js';
import { POLICY } from '../../src/config/policy.js';
import { readSettings } from '../../src/config/read-settings.js';
import { ShopModule } from '../../src/shop.module.js';

/** Who asks, where a test does not say: an operator may order for everybody. */
const OPERATOR = 'Bearer olga-development-key';
export const ADA = { authorization: 'Bearer ada-development-key' };
export const BOB = { authorization: 'Bearer bob-development-key' };

/** What HTTP answered. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** The shop, on a real Restate server, behind real HTTP. */
export class TestShop {
  private constructor(
    readonly app: ReaTestApp,
    readonly url: string,
    private readonly directory: string,
  ) {}

  /** @param settings as in the environment */
  static async open(settings: Readonly<Record<string, string>> = {}): Promise<TestShop> {
    const directory = await mkdtemp(join(tmpdir(), 'orders-test-'));
    const app = await createTestApp({
      imports: [
        ConfigModule.forRoot({
          isGlobal: true,
          ignoreEnvFile: true,
          load: [() => readSettings({ DATA_DIRECTORY: directory, ORDER_WAIT_SECONDS: '25', ...settings })],
        }),
        ShopModule,
      ],
      nest: { rawBody: true },
      rea: { policy: POLICY },
    });
    await app.app.listen(0, '127.0.0.1');
    return new TestShop(app, await app.app.getUrl(), directory);
  }

  async close(): Promise<void> {
    await this.app.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async request<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: OPERATOR,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text === '' ? 'null' : text) as T };
  }

  /** Places an order for Ada; what is not given is made up. */
  order(order: object, headers?: Record<string, string>): Promise<Answer<OrderResponse>> {
    return this.request('POST', '/orders', { customer: 'ada', card: 'tok_visa', ...order }, headers);
  }

  async stock(sku: string): Promise<StockLevel> {
    const { body } = await this.request<{ stock: StockLevel }>('GET', `/catalog/${sku}`);
    return body.stock;
  }

  /** What the payment stand-in answered about an order, oldest first: `['authorised 25.80', ...]`. */
  async payments(orderId: string): Promise<string[]> {
    const { body } = await this.request<LedgerEntry[]>('GET', `/payments/${orderId}`);
    return body
      .filter(({ kind }) => kind !== 'unchanged')
      .map(({ kind, amount }) => `${kind} ${(amount / 100).toFixed(2)}`);
  }
}
