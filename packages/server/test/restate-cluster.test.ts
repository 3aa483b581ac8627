import { expect, it } from 'vitest';
import { RestateCluster } from '../src/index.js';
import { CounterEndpoint } from './support/counter.js';
import { scratchDirectory } from './support/directory.js';

it('goes on when a node dies, takes it back, and comes back whole', async () => {
  await using directory = await scratchDirectory();
  await using endpoint = await CounterEndpoint.start();
  await using cluster = await RestateCluster.start({ baseDir: directory.path, partitions: 2 });
  const [first, second] = cluster.nodes;
  if (first === undefined || second === undefined) throw new Error('no nodes');
  expect(cluster.nodes).toHaveLength(3);
  expect(new Set([...cluster.ingressUrls, ...cluster.adminUrls]).size).toBe(6);
  await endpoint.register(first);
  expect(await endpoint.add(first.ingressUrl)).toBe(1);

  await cluster.kill(0);
  await cluster.ready();
  for (const node of cluster.nodes.slice(1)) {
    expect(await node.query('select count(1) as n from sys_deployment')).toEqual([{ n: 1 }]);
  }
  expect(await endpoint.add(second.ingressUrl)).toBe(2);

  await cluster.restart(0);
  await cluster.ready();
  expect(await endpoint.add(first.ingressUrl)).toBe(3);

  const { ingressUrls } = cluster;
  await cluster.stop();
  await using again = await RestateCluster.start({ baseDir: directory.path });
  expect(again.ingressUrls).toEqual(ingressUrls);
  expect(await endpoint.add(again.ingressUrls[2] ?? '')).toBe(4);
}, 120_000);

it('refuses more copies than nodes, and a node that is not there', async () => {
  await expect(RestateCluster.start({ nodes: 1, replication: 2 })).rejects.toMatchObject({ code: 'REA5010' });
});

it('stops every node when one cannot start', async () => {
  const before = Date.now();
  await expect(RestateCluster.start({ env: { RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: 'much' } })).rejects.toMatchObject({
    code: 'REA5003',
  });
  expect(Date.now() - before).toBeLessThan(10_000);
});
