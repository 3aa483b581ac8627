import { expect, test } from 'vitest';
import { readSettings } from '../src/config/read-settings.js';

test('nothing has to be set', () => {
  expect(readSettings({})).toEqual({
    PORT: 3000,
    DATA_DIRECTORY: '.rea/orders',
    LOG_LEVEL: 'info',
    ORDER_WAIT_SECONDS: 5,
    NODE_ENV: 'development',
  });
});

test('every wrong variable is named, in one line', () => {
  expect(() => readSettings({ PORT: 'http', LOG_LEVEL: 'loud' })).toThrow(
    /^Check the environment: PORT: .*; LOG_LEVEL: .*$/,
  );
});

test('half an external server is refused', () => {
  expect(() => readSettings({ RESTATE_INGRESS_URL: 'http://localhost:8080' })).toThrow(/RESTATE_ADMIN_URL: Set both/);
});
