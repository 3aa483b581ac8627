import client from 'prom-client';
import { expect, test } from 'vitest';
import { KeptHistogram } from '../../src/metrics/kept-histogram.js';

const BUCKETS = [0.1, 1, 10];
const VALUES = [0, 0.05, 0.1, 0.100_1, 1, 2, 10, 10.5, 1_000, -1];

/** One of Rea's and one of the library's, each in a registry of its own, with the same values. */
function both(labels: readonly string[], observed: readonly Record<string, string | number>[]) {
  const definition = { name: 'shop_delivery_seconds', help: 'Time to the door.', labels, buckets: BUCKETS };
  const registries = [new client.Registry(), new client.Registry()] as const;
  const own = new KeptHistogram(definition);
  registries[0].registerMetric(own.asMetric);
  const { name, help } = definition;
  const theirs = new client.Histogram({ name, help, labelNames: labels, buckets: BUCKETS, registers: [registries[1]] });
  for (const [index, value] of VALUES.entries()) {
    const given = observed[index % observed.length]!;
    own.observe(given, value);
    theirs.observe(given, value);
  }
  return registries;
}

/** What a registry serves. The order of the labels in a line means nothing. */
async function served(registry: client.Registry): Promise<string> {
  return (await registry.metrics()).replaceAll(/\{(.*)\}/g, (_, labels: string) => labels.split(',').toSorted().join());
}

test.each([
  ['without labels', [], [{}]],
  ['with one', ['carrier'], [{ carrier: 'bike' }, { carrier: 'ship' }]],
  [
    'with two, given in any order',
    ['carrier', 'zone'],
    [
      { carrier: 'bike', zone: 'a "b"' },
      { zone: 'c', carrier: 'bike' },
      { carrier: 'ship', zone: 'c' },
    ],
  ],
  ['with numbers that are texts elsewhere', ['code'], [{ code: 200 }, { code: '200' }, { code: 404 }]],
  ['with a label left out', ['carrier', 'zone'], [{ carrier: 'bike' }, { carrier: 'ship', zone: 'c' }]],
] as const)('is served as the library serves its own: %s', async (_, labels, observed) => {
  const [own, theirs] = both(labels, observed);
  expect(await served(own)).toBe(await served(theirs));
  for (const registry of [own, theirs]) registry.setDefaultLabels({ app: 'shop' });
  expect(await served(own)).toBe(await served(theirs));
});

test('is told as JSON, for clusters, as the library tells its own', async () => {
  const [own, theirs] = both(['carrier'], [{ carrier: 'bike' }, { carrier: 'ship' }]);
  const json = (registry: client.Registry) => registry.getMetricsAsJSON() as Promise<{ values: object[] }[]>;
  const [mine] = await json(own);
  const [expected] = await json(theirs);
  expect({ ...mine, values: [] }).toEqual({ ...expected, values: [] });
  // Rea has no exemplars.
  expect(mine!.values).toEqual(expected!.values.map((value) => ({ ...value, exemplar: undefined })));
  const all = await client.AggregatorRegistry.aggregate([[mine], [mine]] as never).metrics();
  expect(all).toContain('shop_delivery_seconds_count{carrier="bike"} 10');
});

test('begins anew when its registry is reset', async () => {
  const [own] = both(['carrier'], [{ carrier: 'bike' }]);
  own.resetMetrics();
  expect(await own.metrics()).not.toContain('bike');
});
