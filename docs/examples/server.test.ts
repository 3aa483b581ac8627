import { expect, test } from 'vitest';
import { cluster, oneServer } from './server.js';

test('the server of the readme starts, crashes and starts again', async () => {
  await expect(oneServer()).resolves.toBeUndefined();
});

test('the cluster of the readme survives the loss of a node', { timeout: 120_000 }, async () => {
  await expect(cluster()).resolves.toBeUndefined();
});
