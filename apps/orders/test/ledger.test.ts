import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigService } from '@nestjs/config';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Settings } from '../src/config/settings.js';
import { LedgerPaymentProvider } from '../src/payments/stand-in/ledger-payment-provider.js';
import { LedgerStore } from '../src/payments/stand-in/ledger.store.js';
import { summarise } from '../src/payments/stand-in/payment-summary.js';

const order = { orderId: 'o1', amount: 1000, card: 'tok_visa' };

let directory: string;
let store: LedgerStore;
let provider: LedgerPaymentProvider;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ledger-test-'));
  open();
});

afterEach(async () => {
  store.onApplicationShutdown();
  await rm(directory, { recursive: true, force: true });
});

function open(): void {
  store = new LedgerStore(new ConfigService<Settings, true>({ DATA_DIRECTORY: directory }));
  store.onModuleInit();
  provider = new LedgerPaymentProvider(store);
}

function keyed(idempotencyKey: string) {
  return { idempotencyKey, signal: new AbortController().signal };
}

test('a repeated key gets the first answer and moves no money, also at the same time', async () => {
  await Promise.all([provider.authorise(order, keyed('a')), provider.authorise(order, keyed('a'))]);
  await provider.capture('o1', keyed('c'));
  await provider.capture('o1', keyed('c'));

  expect(store.ofOrder('o1').map(({ kind }) => kind)).toEqual(['authorised', 'captured']);
});

test('a declined card stays declined for its key', async () => {
  await provider.authorise({ ...order, card: 'tok_declined' }, keyed('a'));
  expect(await provider.authorise(order, keyed('a'))).toMatchObject({ status: 'declined' });
});

test('the books survive a restart, and so do the keys', async () => {
  await provider.authorise(order, keyed('a'));
  store.onApplicationShutdown();
  open();

  await provider.authorise(order, keyed('a'));
  await provider.capture('o1', keyed('c'));

  expect(summarise(store.all())).toMatchObject({
    authorised: { count: 1, amount: 1000 },
    captured: { count: 1, amount: 1000 },
    held: { count: 0, amount: 0 },
  });
});

test('half a line, as a crash leaves it, is an answer that was never given', async () => {
  await provider.authorise(order, keyed('a'));
  store.onApplicationShutdown();
  await appendFile(join(directory, 'payments.ndjson'), '{"at":"2025-01-01T00:00:00Z","idempotencyKey":"c","ord');
  open();

  await provider.capture('o1', keyed('c'));

  const lines = (await readFile(join(directory, 'payments.ndjson'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { kind: 'authorised' },
    { kind: 'captured' },
  ]);
});

test('what is not held cannot be captured; what is not there is not given back', async () => {
  await expect(provider.capture('o1', keyed('c'))).rejects.toMatchObject({ status: 409 });
  await provider.void('o1', keyed('v'));
  await provider.refund('o1', keyed('r'));
  expect(summarise(store.all())).toMatchObject({ voided: { count: 0 }, refunded: { count: 0 } });
});

test('nobody waits any more: no money is moved', async () => {
  await expect(provider.authorise(order, { idempotencyKey: 'a', signal: AbortSignal.abort() })).rejects.toThrow();
  expect(store.ofOrder('o1')).toEqual([]);
});
