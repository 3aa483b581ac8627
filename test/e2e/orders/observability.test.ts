import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { seen } from '../../support/seen.js';
import { freePort, type Order, OrderApp } from './order-app.js';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

interface Export {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

const spans: Span[] = [];
let collector: Server;
let directory: string;
let app: OrderApp;
beforeAll(async () => {
  collector = createServer((request, response) => {
    void text(request).then((body) => {
      const { resourceSpans } = JSON.parse(body) as Export;
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  directory = await mkdtemp(join(tmpdir(), 'orders-observability-'));
  app = await OrderApp.start(await freePort(), directory, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    LOG_LEVEL: 'debug',
  });
});
afterAll(async () => {
  await app?.destroy();
  collector?.close();
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});

/** Names from the root down to a span. */
function pathOf(span: Span): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent ? pathOf(parent) : []), span.name];
}

test('An order is one trace from the HTTP request to the effect at the payment provider', async () => {
  const lines = [{ sku: 'mug-enamel-blue', quantity: 1 }];
  const { orderId } = await app.ask<Order>('/orders', { customer: 'ada', card: 'tok_visa', lines });
  await app.closed(orderId);
  const captured = await vi.waitFor(
    () => {
      const found = spans.find(({ name }) => name === 'run capture');
      if (found && pathOf(found)[0] === 'POST') return pathOf(found);
      throw new Error(`There is no trace yet: ${spans.map(({ name }) => name).join(', ')}`);
    },
    { timeout: 15_000, interval: 50 },
  );
  seen(captured.join(' > '));
  expect(captured).toEqual([
    'POST',
    'Order send.place',
    'attempt Order/run',
    'step capture-payment',
    'call Payments/capture',
    'attempt Payments/capture',
    'run capture',
  ]);
});

test('Its metrics tell of the order, beside those of the process', async () => {
  const labels = 'service="Order",handler="run",plane="control",outcome="completed"';
  // An order is closed a moment before its workflow ends.
  const metrics = await vi.waitFor(async () => {
    const scraped = await app.askText('/metrics');
    expect(scraped).toContain(`rea_invocations_total{${labels}} 1`);
    return scraped;
  });
  expect(metrics).toMatch(/^process_cpu_seconds_total \d/m);
});

test('It is well, and says so; its lines say which invocation they are of', async () => {
  const { status, details } = await app.ask<{ status: string; details: object }>('/health');
  expect(status).toBe('ok');
  expect(Object.keys(details)).toEqual(['restate', 'endpoint', 'registration', 'deadLetters']);
  expect(app.log).toMatch(/"invocationId":"inv_\w+","target":"Payments\/capture".*"context":"Restate SDK"/);
});
