import { setTimeout as pause } from 'node:timers/promises';
import type { DeadLetterReport } from '@rea/saga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seen } from '../../../../test/support/seen.js';
import { eventually } from '../../../core/test/support/eventually.js';
import { DeadLetterApp, type Mode } from './support/dead-letter-app.js';
import { Reporter } from './support/reporter.js';
import { reportOf } from './support/reports.js';

const SAGAS = ['order', 'refund', 'booking', 'delivery'];

/** Set by `npm run prove:saga`, which runs nothing beside this. Times of a machine that runs other tests say nothing. */
const MEASURES = process.env['REA_MEASURE'] !== undefined;

/** Entries of a page, where all are read. */
const PAGE = MEASURES ? 500 : 100;

/** Where nothing is measured: enough for several pages. */
const MANY = MEASURES ? 1_000 : 240;

/** Half a kilobyte to four, as payloads are. */
function reports(count: number): DeadLetterReport[] {
  return Array.from({ length: count }, (_, index) =>
    reportOf({
      saga: SAGAS[index % SAGAS.length]!,
      step: `step ${index % 7}`,
      payload: { order: index, lines: 'x'.repeat(400 + (index % 10) * 360) },
    }),
  );
}

/** Sends reports, each batch from an invocation of its own, and waits until all entries are stored; tells the time. */
async function store(
  { app, deadLetters }: DeadLetterApp,
  all: readonly DeadLetterReport[],
  batch: number,
  connections: number,
): Promise<number> {
  const before = await deadLetters.count();
  const startedAt = performance.now();
  const batches = Array.from({ length: all.length / batch }, (_, n) => all.slice(n * batch, (n + 1) * batch));
  const reporter = app.ingress.service(Reporter);
  const connection = async () => {
    for (let next = batches.shift(); next; next = batches.shift()) {
      await reporter.call.report(next, { idempotencyKey: false });
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  await eventually(async () => {
    await pause(100);
    expect(await deadLetters.count()).toBe(before + all.length);
  }, 240_000);
  return performance.now() - startedAt;
}

/** Median time of an operation, in milliseconds. */
async function median(operation: () => Promise<unknown>, times = 21): Promise<number> {
  for (let warm = 0; warm < 3; warm += 1) await operation();
  const taken: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const startedAt = performance.now();
    await operation();
    taken.push(performance.now() - startedAt);
  }
  return taken.toSorted((a, b) => a - b)[Math.floor(times / 2)]!;
}

describe.each<Mode>(['admin', 'index'])('many dead letters, listed by %s', (mode) => {
  let fixture: DeadLetterApp;

  beforeAll(async () => {
    fixture = await DeadLetterApp.start({ mode });
  });
  afterAll(() => fixture.close());

  /** Lists, pages and counts; gives the median time of a filtered page of 50. */
  async function measure(count: number, what: string): Promise<number> {
    const { deadLetters } = fixture;
    const filter = { status: 'open', saga: 'booking' } as const;
    const page = await median(async () => {
      const { entries } = await deadLetters.list(filter);
      expect(entries).toHaveLength(50);
      expect(entries.every(({ saga, status }) => saga === 'booking' && status === 'open')).toBe(true);
    });
    const rare = await median(() => deadLetters.list({ saga: 'none' }), 5);
    const counted = await median(() => deadLetters.count(filter), 5);
    const whole = new Set<string>();
    const startedAt = performance.now();
    let cursor: string | undefined;
    do {
      const next = await deadLetters.list({ limit: PAGE, cursor });
      for (const { id } of next.entries) whole.add(id);
      ({ cursor } = next);
    } while (cursor !== undefined);
    const paged = performance.now() - startedAt;
    expect(whole.size).toBe(count);
    seen(
      `${mode}, ${what}: filtered page of 50 in ${page.toFixed(1)} ms, a filter that finds nothing in ${rare.toFixed(1)} ms, ` +
        `count in ${counted.toFixed(1)} ms (medians); all ${count} paged through by ${PAGE} in ${paged.toFixed(0)} ms`,
    );
    return page;
  }

  test(`${MANY} are stored in a few seconds, and a filtered page of 50 comes at once`, async () => {
    const took = await store(fixture, reports(MANY), 1, 20);
    seen(`${mode}: ${MANY} reports from as many invocations, 20 at once: all stored in ${took.toFixed(0)} ms`);
    const page = await measure(MANY, `${MANY} entries`);
    expect(page).toBeLessThan(MEASURES ? 50 : Infinity);
    expect(took).toBeLessThan(MEASURES ? 10_000 : Infinity);
  });

  test('ten thousand work', { timeout: 300_000 }, async ({ skip }) => {
    skip(!MEASURES, 'npm run prove:saga');
    const took = await store(fixture, reports(9_000), 50, 4);
    seen(`${mode}: 9,000 further reports from 180 invocations: all stored in ${took.toFixed(0)} ms`);
    expect(await measure(10_000, '10,000 entries')).toBeLessThan(1_000);
  });
});
