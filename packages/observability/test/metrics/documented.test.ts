import type { ReaEventType } from '@rea/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RegisteredMetric, registeredMetrics } from '../support/registered.js';
import { fileText } from '../support/repository.js';

let metrics: Map<string, RegisteredMetric>;
beforeAll(async () => {
  metrics = await registeredMetrics();
});

/** The cells of the rows of a table of the guide, by the first row's heading. */
function tableOf(heading: string): string[][] {
  const lines = fileText('docs/observability.md').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} `));
  const rows = lines.slice(start + 2, lines.indexOf('', start));
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

test('The guide lists every metric with its type and its labels, and no other', () => {
  const documented = tableOf('metric').map(([name = '', type, labels = '']) => ({
    name: name.replaceAll('`', ''),
    type,
    labels: labels === '' ? [] : labels.split(', '),
  }));
  const registered = [...metrics.values()].map(({ name, type, labels }) => ({ name, type, labels: [...labels] }));
  const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name);
  expect(documented.toSorted(byName)).toEqual(registered.toSorted(byName));
});

test('The guide names the unit that the name of a metric has', () => {
  const rows = tableOf('metric').map(([name = '', type, , unit]) => ({ name: name.replaceAll('`', ''), type, unit }));
  const measures = rows.filter(({ name }) => /_(seconds|bytes)$/.test(name));
  expect(measures.map(({ name }) => /[a-z]+$/.exec(name)?.[0])).toEqual(measures.map(({ unit }) => unit));
  expect(rows.filter(({ unit }) => unit === '')).toEqual([]);
});

/** Every type of event; the compiler refuses one that is missing. */
const EVENTS: Record<ReaEventType, true> = {
  'attempt-ended': true,
  'attempt-started': true,
  'client-called': true,
  'compensation-ended': true,
  'compensation-failed': true,
  'compensation-started': true,
  'dead-letter-added': true,
  'dead-letter-changed': true,
  error: true,
  'ingress-called': true,
  'invocation-ended': true,
  'invocation-paused': true,
  'invocation-started': true,
  registered: true,
  'message-failed': true,
  'run-ended': true,
  'saga-ended': true,
  'saga-killed': true,
  'saga-paused': true,
  'saga-rolling-back': true,
  'saga-started': true,
  'saga-step-started': true,
  'saga-step-ended': true,
  'saga-step-retried': true,
  'security-rejected': true,
  'state-cleared': true,
  'state-get': true,
  'state-set': true,
  violation: true,
  'webhook-rejected': true,
  'workflow-ended': true,
  'workflow-started': true,
};

test('The guide lists every event, and no other', () => {
  const documented = tableOf('event').flatMap(([names = '']) =>
    [...names.matchAll(/`([\w-]+)`/g)].map(([, name]) => String(name)),
  );
  expect(documented.toSorted()).toEqual(Object.keys(EVENTS).toSorted());
});

/** As `promtool check metrics` has it. */
describe('By the conventions of Prometheus', () => {
  const all = () => [...metrics.values()];

  test('names are lower-case words, with the application before them and the base unit after', () => {
    for (const { name } of all()) {
      expect(name).toMatch(/^rea(_[a-z]+)+$/);
      expect(name, 'a name does not tell its type').not.toMatch(/_(counter|gauge|histogram|summary|metric)(_|$)/);
      expect(name, 'units are base units, written out').not.toMatch(
        /_(ms|millis|milliseconds|minutes|hours|kb|kilobytes|mb|megabytes|percent|sec|s|b)(_|$)/,
      );
    }
    const histograms = all().filter(({ type }) => type === 'histogram');
    expect(histograms.filter(({ name }) => !/_(seconds|bytes)$/.test(name))).toEqual([]);
  });

  test('counters end in _total, and nothing else does', () => {
    for (const { name, type } of all()) expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
  });

  test('no name ends in what the format adds', () => {
    for (const { name } of all()) expect(name).not.toMatch(/_(count|sum|bucket|info)$/);
  });

  test('every metric has a help text, a sentence', () => {
    for (const { help } of all()) expect(help).toMatch(/^[A-Z].*\.$/);
  });

  test('labels are lower-case words of a few values each', () => {
    const bounded = new Set(
      `service handler plane outcome kind operation verb target_service target_handler idempotency_key cause rollback
       action rule refused reason scheme hook`.split(/\s+/),
    );
    for (const { name, labels } of all())
      for (const label of labels) expect([name, bounded.has(label)]).toEqual([name, true]);
  });
});
