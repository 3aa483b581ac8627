import { Logger } from '@nestjs/common';
import { Handler, RestateConnection, Service } from '@rea/core';
import { AdminClient, OpenDeadLetters } from '@rea/core/internal';
import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { PausedInvocations } from '../../src/watch/paused-invocations.js';
import { Pager } from '../support/pager.js';
import { scrape } from '../support/scrape.js';

@Service({ retryPolicy: { initialInterval: 10, maxAttempts: 1, onMaxAttempts: 'pause' } })
class Stuck {
  @Handler()
  async work(_ctx: Context): Promise<void> {
    throw new Error('stuck');
  }
}

const PAUSED = 'rea_invocations_paused{service="Stuck",handler="work"}';
const OPEN = 'rea_dead_letters_open';
const FAILURES = 'rea_watch_failures_total';

const deadLetters = { count: async () => 7 };

let app: ReaTestApp;
let url: string;
beforeAll(async () => {
  app = await createTestApp({
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ metrics: true, watch: { interval: 20 } })],
    providers: [Pager, Stuck],
    override: (builder) => builder.overrideProvider(OpenDeadLetters).useValue(deadLetters),
  });
  await app.app.listen(0, '127.0.0.1');
  url = `${await app.app.getUrl()}/metrics`;
});
afterAll(() => app?.close());
afterEach(() => void vi.restoreAllMocks());

async function stick(): Promise<string> {
  return (await app.ingress.service(Stuck).send.work(undefined, { idempotencyKey: false })).invocationId;
}

/** What is measured once a look has failed that began after now. */
async function measuredAfterFailures(): Promise<(number | undefined)[]> {
  const failures = async () => (await scrape(url)).samples.get(FAILURES) ?? 0;
  const before = await failures();
  await eventually(async () => expect(await failures()).toBeGreaterThan(before + 1));
  const { samples } = await scrape(url);
  return [samples.get(PAUSED), samples.get(OPEN)];
}

/** What the watch warns of from now on. */
function warnings(): string[] {
  const warned: string[] = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => {
    if (String(message).startsWith('REA9005')) warned.push(String(message));
  });
  return warned;
}

test('Paused invocations are told and measured while dead letters cannot be counted', async () => {
  const warned = warnings();
  vi.spyOn(deadLetters, 'count').mockRejectedValue(new Error('no count'));
  const invocationId = await stick();
  await eventually(() => expect(app.get(Pager).told).toMatchObject([{ invocationId }]));
  expect(await measuredAfterFailures()).toEqual([1, undefined]);
  expect(warned).toEqual([
    expect.stringMatching(/^REA9005: The server cannot be asked for dead letters; .* no count$/),
  ]);
});

test('Dead letters are measured while paused invocations cannot be asked for, which are told once all the same', async () => {
  const warned = warnings();
  const { told } = app.get(Pager);
  const before = told.length;
  const paused = app.get(PausedInvocations);
  vi.spyOn(paused, 'counts').mockRejectedValue(new Error('no counts'));
  const newest = vi.spyOn(paused, 'newest').mockRejectedValue(new Error('nothing new'));
  expect(await measuredAfterFailures()).toEqual([undefined, 7]);
  expect(warned).toEqual([
    expect.stringMatching(/^REA9005: The server cannot be asked for paused invocations; .* nothing new$/),
  ]);
  const invocationId = await stick();
  newest.mockRestore();
  await eventually(() => expect(told.slice(before)).toMatchObject([{ invocationId }]));
});

test('All are counted by handler, and only the newest are listed', async () => {
  const admin = AdminClient.of(app.get(RestateConnection as never))!;
  const paused = app.get(PausedInvocations);
  const count = (await paused.counts(admin))[0]?.count ?? 0;
  await stick();
  await eventually(async () => {
    expect(await paused.counts(admin)).toEqual([{ service: 'Stuck', handler: 'work', count: count + 1 }]);
  });
  const ids: string[] = [];
  for (const each of [1, 2]) {
    ids.unshift(await stick());
    await eventually(async () => expect(await paused.counts(admin)).toMatchObject([{ count: count + 1 + each }]));
  }
  const newest = await paused.newest(admin, 2);
  expect(newest.map(({ told }) => told.invocationId)).toEqual(ids);
  expect(newest.every(({ at }) => at <= Date.now())).toBe(true);
});
