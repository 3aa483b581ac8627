import { createTestApp } from '@rea/testing';
import { expect, test } from 'vitest';
import { PriceList, PricesAtStart } from './start.js';

test('A provider calls a component of its own application when the endpoint is ready', async () => {
  await using app = await createTestApp({ providers: [PriceList, PricesAtStart] });
  const list = app.ingress.service(PriceList);
  expect(await list.attach.load('load-at-start')).toBe(42);
});
