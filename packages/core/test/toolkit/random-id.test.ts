import { createHash } from 'node:crypto';
import { findKeyProblem, idempotencyKey } from '@rea/core';
import { findRequestKeyProblem } from '@rea/core/internal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { Seeded } from './random.js';
import { Theatre, told } from './stage.js';

const DIGITS = '0123456789';
const SMALL = 'abcdefghijklmnopqrstuvwxyz';
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE62 = DIGITS + SMALL.toUpperCase() + SMALL;

const seeded = new Seeded();
const text = (length: number, alphabet: string) =>
  Array.from({ length }, () => alphabet[seeded.below(alphabet.length)]).join('');
const hex = (length: number) => text(length, '0123456789abcdef');

/** A number in digits of an alphabet. */
function inBase(value: bigint, alphabet: string, length: number): string {
  const base = BigInt(alphabet.length);
  let rest = value;
  let digits = '';
  for (let place = 0; place < length; place += 1) {
    digits = alphabet[Number(rest % base)]! + digits;
    rest /= base;
  }
  return digits;
}

/** A time from 2016 to 2033, in milliseconds. */
const time = () => BigInt(Date.UTC(2016)) + BigInt(seeded.below(2 ** 31)) * 249n;
const bits = (count: number) => BigInt(`0x${hex(Math.ceil(count / 4))}`) & ((1n << BigInt(count)) - 1n);
const uuid = (version: string, start = hex(8), middle = hex(4)) =>
  `${start}-${middle}-${version}${hex(3)}-${'89ab'[seeded.below(4)]}${hex(3)}-${hex(12)}`;

const MAKERS: Readonly<Record<string, () => string>> = {
  'a UUID of version 1': () => uuid('1'),
  'a UUID of version 4': () => uuid('4'),
  'a UUID of version 6': () => uuid('6', `1f${hex(6)}`),
  'a UUID of version 7': () => {
    const start = time().toString(16).padStart(12, '0');
    return uuid('7', start.slice(0, 8), start.slice(8));
  },
  'a UUID in capitals': () => uuid('7').toUpperCase(),
  'a ULID': () => inBase(time(), CROCKFORD, 10) + text(16, CROCKFORD),
  'a KSUID': () => inBase(((time() / 1_000n - 1_400_000_000n) << 128n) | bits(128), BASE62, 27),
  'an XID': () => inBase((((time() / 1_000n) << 64n) | bits(64)) << 4n, '0123456789abcdefghijklmnopqrstuv', 20),
  'a CUID': () => `c${time().toString(36)}${text(16, DIGITS + SMALL)}`,
  'a Nano ID': () => text(21, `${BASE62}_-`),
  'a CUID of the second version': () => text(1, SMALL) + text(23, DIGITS + SMALL),
  'Math.random()': () => `0.${text(16, DIGITS)}`,
  'Math.random() to base 36': () => `0.${text(11, DIGITS + SMALL)}`,
};

/** Their characters are all chance: a few of them look like words. */
const WITHOUT_FORM = ['a Nano ID', 'a CUID', 'a CUID of the second version'];

describe('A random id', { meta: { claim: 'random-keys' } }, () => {
  test.each([
    ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'holds a UUID made of the time'],
    ['9b2d1c3e-4f5a-4b6c-8d7e-0f1a2b3c4d5e', 'holds a random UUID'],
    ['1ec9414c-232a-6b00-b3c8-9f6bdeced846', 'holds a UUID made of the time'],
    ['018f3c2e-7b4a-7cc1-9a4b-3f2e1d0c9b8a', 'holds a UUID made of the time'],
    ['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'holds a ULID'],
    ['01hzxk3v9q8r7t6y5w4e3r2t1a', 'holds a ULID'],
    ['0ujtsYcgvSTl8PAuAdqWYSMnLOv', 'holds a KSUID'],
    ['2gYXkXlyPbB2Nwb6mPCqq0kMvRj', 'holds a KSUID'],
    ['9m4e2mr0ui3e8a215n4g', 'holds an XID'],
    ['cjld2cjxh0000qzrmn831i7rn', 'holds a CUID'],
    ['V1StGXR8_Z5jdHi6B-myT', 'holds a Nano ID'],
    ['tz4a98xxat96iws9zmbrgj3a', 'holds a CUID'],
    ['0.7316294836153729', 'holds a random number'],
    ['0.4fzyo82mvyr', 'holds a random number'],
  ])('is recognised: %s', (id, problem) => {
    const keys = [
      id,
      idempotencyKey('charge', id),
      `order:${id}:charge`,
      `pay-order_${id}`,
      idempotencyKey('charge', id, 7),
    ];
    tried(keys.length);
    for (const key of keys) expect([key, findKeyProblem(key)]).toEqual([key, problem]);
  });

  test.each(Object.entries(MAKERS))('is recognised whatever chance makes of it: %s', (name, make) => {
    const ids = Array.from({ length: 2_000 }, make);
    tried(ids.length);
    const passed = ids.filter((id) => findKeyProblem(idempotencyKey('charge', id)) === undefined);
    expect(passed.length).toBeLessThanOrEqual(WITHOUT_FORM.includes(name) ? ids.length / 8 : ids.length / 500);
  });

  test.each(Object.entries(MAKERS).filter(([name]) => !name.startsWith('Math')))(
    'is right on a request, whose client repeats it: %s',
    (_name, make) => {
      expect(findRequestKeyProblem(`order/${make().replace(/^1[4-9]\d{8}/, '')}`)).toBeUndefined();
    },
  );
});

describe('What is stable', { meta: { claim: 'random-keys' } }, () => {
  test.each([
    'charge/order-123',
    'o-17',
    'ORD-2026-000123-EU',
    '4111111111111111',
    '12345678901234567890123456',
    'INV0123456789ABCDEFGHJKMN1',
    'customer/cus_NffrFeUfNV2Hib/pay',
    'pi_3MtwBwLkdIwHu7ix28a3tqPa',
    'OrderConfirmationNo12',
    'Order-For-Customer-12',
    'order_confirmation_07',
    'charge-order-2024-000',
    'RefundPartialAmount-1',
    'reserveStockForOrder7',
    'monthlysubscriptionrenewal',
    'customeraddressverification',
    'ReservationConfirmationMail',
    'sendreservationreminders',
    'GB82WEST12345698765432',
    '507f1f77bcf86cd799439011',
    'price/0.25',
    'amount/1999.99',
    'version/0.12.3',
    '6ba7b811-9dad-51d1-80b4-00c04fd430c8',
    '6fa459ea-ee8a-3ca4-894e-db77e160355e',
    '2489e9ad-2ee2-8e00-8ec9-32d5f69181c0',
    '00000000-0000-0000-0000-000000000000',
    'inv_1aZ3bX9kLmQ2/charge/1',
  ])('does not count: %s', (key) => {
    expect(findKeyProblem(key)).toBeUndefined();
    expect(findKeyProblem(idempotencyKey('charge', key))).toBeUndefined();
  });

  test.each([
    ['md5', 'hex'],
    ['md5', 'base64url'],
    ['sha1', 'hex'],
    ['sha256', 'hex'],
    ['sha256', 'base64url'],
    ['sha512', 'hex'],
  ] as const)('does not count: %s of a content in %s', (algorithm, encoding) => {
    const keys = Array.from({ length: 5_000 }, (_, index) => createHash(algorithm).update(`${index}`).digest(encoding));
    tried(keys.length);
    expect(keys.filter((key) => findKeyProblem(idempotencyKey('etag', key)) !== undefined)).toEqual([]);
  });

  test('does not count: order numbers of every common form', () => {
    const keys = Array.from({ length: 2_000 }, (_, index) => [
      `order-${index}`,
      `ORD-${String(index).padStart(8, '0')}`,
      `${index}/${index * 7}`,
      `tenant-${index}:order:${index * 31}`,
      `SKU${index}-XL-BLUE`,
    ]).flat();
    tried(keys.length);
    expect(keys.filter((key) => findKeyProblem(key) !== undefined)).toEqual([]);
  });
});

describe('In a handler in mode strict', { meta: { claim: 'random-keys' } }, () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({ policy: 'strict' });
  });
  afterAll(() => theatre?.close());

  test.each(Object.entries(MAKERS).filter(([name]) => !WITHOUT_FORM.includes(name)))(
    'a call with %s is refused, and a request with it is not',
    async (_name, make) => {
      const key = make();
      const refused = await theatre.play(async (_ctx, { worker }) => {
        try {
          return await worker.call.answer('a', { idempotencyKey: key, crossInvocation: true });
        } catch (error) {
          return told(error);
        }
      });
      expect(refused).toMatchObject({ rea: 'REA2008', message: expect.stringMatching(/which holds an? /) });
      const generic = theatre.app.ingress.generic('Worker');
      expect(await generic.call('answer', 'a', { idempotencyKey: key })).toBe('a');
    },
  );
});
