import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seen } from '../../../../test/support/seen.js';
import { eventually } from '../../../core/test/support/eventually.js';
import type { Samples } from '../support/scrape.js';
import { replaysAlways } from '../support/test-mode.js';
import { Scenario } from './scenario.js';
import { expectedSamples } from './scenario.expected.js';

/** How often handlers are attempted depends on the server's waits; what they do does not. */
const BY_ATTEMPT = /^rea_(attempts|attempt_duration|replays)/;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.play();
});
afterAll(() => scenario?.close());

test('Every series counts exactly what has happened, and nothing else', async (context) => {
  const counts = (series: string) => !replaysAlways(context) || !BY_ATTEMPT.test(series);
  const expected = new Map([...expectedSamples()].filter(([series]) => counts(series)));
  let scraped: Samples = new Map();
  const compare = async () => {
    scraped = compared((await scenario.scrape()).samples, counts);
    expect(Object.fromEntries(scraped)).toEqual(Object.fromEntries(expected));
  };
  const reached = async () => {
    await eventually(compare);
    // What is counted twice may come late.
    await pause(300);
    await compare();
  };
  await reached().finally(() => {
    for (const series of new Set([...expected.keys(), ...scraped.keys()])) {
      const [wanted, found] = [expected.get(series), scraped.get(series)];
      if (wanted !== found) seen(`DIFFERS ${series}: expected ${wanted ?? 'none'}, scraped ${found ?? 'none'}`);
      else seen(`${series}: expected ${wanted}, scraped ${found}`);
    }
  });
});

test('The answer is in the format that Prometheus reads', async () => {
  const { contentType, text } = await scenario.scrape();
  expect(contentType).toContain('text/plain; version=0.0.4');
  expect(text).toContain('process_cpu_user_seconds_total');
});

/** What is compared: samples of Rea, without buckets and sums of durations, and without what Rea's own components do. */
function compared(samples: Samples, counts: (series: string) => boolean): Samples {
  return new Map(
    [...samples].filter(
      ([series]) =>
        series.startsWith('rea_') && !/_bucket\{|_seconds_sum\{|service="rea\./.test(series) && counts(series),
    ),
  );
}
