import { afterAll, beforeAll, expect, test } from 'vitest';
import { Scenario } from './scenario.js';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.play();
});
afterAll(() => scenario?.close());

test('dump', async () => {
  await new Promise((r) => setTimeout(r, 1500));
  const { samples } = await scenario.scrape();
  for (const [k, v] of samples) if (k.startsWith('rea_') && !/_bucket|_sum/.test(k) && !k.includes('service="rea.')) console.log(k, v);
  expect(1).toBe(1);
});
