import { expect, test } from 'vitest';
import { readSettings } from '../src/config/read-settings.js';

test('nothing has to be set', () => {
  expect(readSettings({})).toEqual({
    PORT: 3000,
    DATA_DIRECTORY: '.rea/orders',
    LOG_LEVEL: 'info',
    ORDER_WAIT_SECONDS: 5,
    CUSTOMER_API_KEYS: [
      { name: 'ada', key: 'ada-development-key' },
      { name: 'bob', key: 'bob-development-key' },
    ],
    OPERATOR_API_KEYS: [{ name: 'olga', key: 'olga-development-key' }],
    PAYMENT_WEBHOOK_SECRETS: [expect.stringMatching(/^whsec_/)],
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

const OWN_KEYS = {
  CUSTOMER_API_KEYS: 'ada:0123456789abcdef, ada:fedcba9876543210',
  OPERATOR_API_KEYS: 'olga:0011223344556677',
  PAYMENT_WEBHOOK_SECRETS: `whsec_${'b'.repeat(32)},whsec_${'c'.repeat(32)}`,
};

test('keys of one’s own are read, several for one name too', () => {
  const settings = readSettings({ ...OWN_KEYS, NODE_ENV: 'production' });
  expect(settings.CUSTOMER_API_KEYS).toEqual([
    { name: 'ada', key: '0123456789abcdef' },
    { name: 'ada', key: 'fedcba9876543210' },
  ]);
  expect(settings.PAYMENT_WEBHOOK_SECRETS).toHaveLength(2);
});

test.each(['CUSTOMER_API_KEYS', 'OPERATOR_API_KEYS', 'PAYMENT_WEBHOOK_SECRETS'] as const)(
  'in production, development’s %s are refused',
  (name) => {
    expect(() => readSettings({ ...OWN_KEYS, [name]: undefined, NODE_ENV: 'production' })).toThrow(
      `${name}: Set keys of your own`,
    );
  },
);

test('a list of keys that is none is refused, and not repeated', () => {
  expect(() => readSettings({ CUSTOMER_API_KEYS: 'ada:short-secret' })).toThrow(
    /^(?!.*short-secret).*CUSTOMER_API_KEYS/s,
  );
  expect(() => readSettings({ PAYMENT_WEBHOOK_SECRETS: '' })).toThrow(/PAYMENT_WEBHOOK_SECRETS/);
});
