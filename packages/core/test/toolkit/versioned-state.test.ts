import type { Type } from '@nestjs/common';
import { Handler, Shared, state, type StateKey, stateKey, type StateKeyOptions, VirtualObject } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type ObjectContext, type ObjectSharedContext, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { failOnce } from './stage.js';

let fail = (): void => {};

/** The object as one release of the application declares it: the same name on the wire, another shape of its state. */
function releaseOf<T>(key: StateKey<T, unknown>) {
  @VirtualObject({ name: 'Customer', retryPolicy: { initialInterval: 20, maxInterval: 50 } })
  class Customer {
    @Handler()
    async store(ctx: ObjectContext, value: unknown): Promise<void> {
      state(ctx, key).set(value as T);
    }

    @Handler()
    async touch(ctx: ObjectContext): Promise<unknown> {
      const value = await state(ctx, key).update((current) => current as T);
      fail();
      return value;
    }

    @Handler()
    async forget(ctx: ObjectContext): Promise<unknown> {
      state(ctx, key).clear();
      return state(ctx, key).get();
    }

    @Shared()
    async read(ctx: ObjectSharedContext): Promise<unknown> {
      return state(ctx, key).get();
    }
  }
  return Customer;
}

interface First {
  readonly name: string;
}
interface Second {
  readonly first: string;
  readonly last: string;
}

const split = (old: unknown): Second => {
  const [first = '', last = ''] = (old as First).name.split(' ');
  return { first, last };
};
const named = (old: unknown): First => ({ name: old as string });

const calls: string[] = [];
const unversioned = stateKey<string>('customer');
const first = stateKey<First>('customer', { version: 1, upcasters: { 0: named } });
const second = stateKey<Second>('customer', {
  version: 2,
  schema: z.object({ first: z.string(), last: z.string().min(1) }),
  default: () => ({ first: 'no', last: 'body' }),
  upcasters: {
    0: (old) => {
      calls.push('0 to 1');
      return named(old);
    },
    1: (old) => {
      calls.push('1 to 2');
      return split(old);
    },
  },
});

const Unversioned = releaseOf(unversioned);
const Versioned = releaseOf(first);
const Newest = releaseOf(second);

const namespace = `versions${process.pid}${Date.now().toString(36)}`;
const apps: ReaTestApp[] = [];

/** Puts a release in place of the one before. */
async function deploy(release: Type): Promise<ReaTestApp> {
  const app = await createTestApp({ providers: [release], rea: { namespace } });
  apps.push(app);
  return app;
}
afterAll(async () => {
  for (const app of apps) await app.close();
});

describe('State that an older release has stored', () => {
  let app: ReaTestApp;
  let fromVersioned: unknown;
  beforeAll(async () => {
    let old = await deploy(Unversioned);
    for (const key of ['bare', 'bare-touched', 'bare-wrong']) {
      const name = key === 'bare-wrong' ? 'Cher' : 'Ada Lovelace';
      await old.ingress.object(Unversioned).of(key).call.store(name, { idempotencyKey: false });
    }
    old = await deploy(Versioned);
    for (const key of ['one', 'one-touched', 'one-cleared']) {
      await old.ingress.object(Versioned).of(key).call.store({ name: 'Grace Hopper' }, { idempotencyKey: false });
    }
    fromVersioned = await old.ingress.object(Versioned).of('bare').call.read();
    app = await deploy(Newest);
  });

  const customer = (key: string) => app.ingress.object(Newest).of(key).call;

  test('is stored with its version', async () => {
    expect(await app.state('Customer', 'one')).toEqual({
      customer: { '_rea.v': 1, value: { name: 'Grace Hopper' } },
    });
  });

  test('without a version is read as version 1 by a release with the upcaster to it', () => {
    expect(fromVersioned).toEqual({ name: 'Ada Lovelace' });
  });

  test('without a version is read through all upcasters, and stays as it is stored', async () => {
    calls.length = 0;
    expect(await customer('bare').read()).toEqual({ first: 'Ada', last: 'Lovelace' });
    expect(calls.slice(0, 2)).toEqual(['0 to 1', '1 to 2']);
    expect(await app.state('Customer', 'bare')).toEqual({ customer: 'Ada Lovelace' });
  });

  test('under version 1 is read through the upcaster from there', async () => {
    calls.length = 0;
    expect(await customer('one').read()).toEqual({ first: 'Grace', last: 'Hopper' });
    expect(new Set(calls)).toEqual(new Set(['1 to 2']));
  });

  test.each([
    ['bare-touched', { first: 'Ada', last: 'Lovelace' }],
    ['one-touched', { first: 'Grace', last: 'Hopper' }],
  ])('is stored under the new version once it is updated, also when the attempt fails: %s', async (key, value) => {
    fail = failOnce();
    expect(await customer(key).touch(undefined, { idempotencyKey: false })).toEqual(value);
    expect(await app.state('Customer', key)).toEqual({ customer: { '_rea.v': 2, value } });
    calls.length = 0;
    expect(await customer(key).read()).toEqual(value);
    expect(calls).toEqual([]);
  });

  test('is checked against the schema after its upcasters', async () => {
    await expect(customer('bare-wrong').read()).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA2010', details: [{ path: 'last' }] },
    });
  });

  test('is its default where nothing is stored, or it was cleared', async () => {
    expect(await customer('nobody').read()).toEqual({ first: 'no', last: 'body' });
    expect(await customer('one-cleared').forget(undefined, { idempotencyKey: false })).toEqual({
      first: 'no',
      last: 'body',
    });
    expect(await app.state('Customer', 'one-cleared')).toEqual({});
  });
});

describe('State that a newer release has stored', () => {
  test.each([
    [
      'an older version',
      Versioned,
      /^REA7021: The state "customer" was stored under version 2, and this code has version 1/,
    ],
    ['no version', Unversioned, /^REA7021: The state "customer" was stored under version 2, .* version none/],
  ])('is refused terminally by a release with %s, and stays', async (_what, release, message) => {
    const newer = await deploy(Newest);
    const value = { first: 'Alan', last: 'Turing' };
    await newer.ingress.object(Newest).of('newer').call.store(value, { idempotencyKey: false });
    const older = await deploy(release);
    const refused = { status: 500, response: { code: 'REA7021', message: expect.stringMatching(message) } };
    const { call } = older.ingress.object(Newest).of('newer');
    await expect(call.read()).rejects.toMatchObject(refused);
    await expect(call.touch(undefined, { idempotencyKey: false })).rejects.toMatchObject(refused);
    expect(await older.state('Customer', 'newer')).toEqual({ customer: { '_rea.v': 2, value } });
  });
});

describe('An upcaster that fails', () => {
  const broken = stateKey<First>('customer', {
    version: 1,
    upcasters: {
      0: (old) => {
        if (old === 'terminal') throw new TerminalError('no such customer', { errorCode: 410 });
        throw new Error('cannot read that');
      },
    },
  });

  test.each([
    [
      'ordinarily',
      'Ada Lovelace',
      {
        status: 500,
        response: {
          code: 'REA7022',
          message: expect.stringMatching(
            /^REA7022: The upcaster of the state "customer" from version 0 has failed: cannot read that\./,
          ),
        },
      },
    ],
    ['terminally', 'terminal', { status: 410, response: { message: 'no such customer' } }],
  ])('ends the invocation terminally, and leaves what is stored: %s', async (key, stored, refused) => {
    const old = await deploy(Unversioned);
    await old.ingress.object(Unversioned).of(key).call.store(stored, { idempotencyKey: false });
    const app = await deploy(releaseOf(broken));
    const { call } = app.ingress.object(Unversioned).of(key);
    await expect(call.read()).rejects.toMatchObject(refused);
    await expect(call.touch(undefined, { idempotencyKey: false })).rejects.toMatchObject(refused);
    expect(await app.state('Customer', key)).toEqual({ customer: stored });
  });
});

describe('A versioned state key', () => {
  const same = (old: unknown) => old;

  test.each<[string, StateKeyOptions<number>, RegExp]>([
    ['upcasters, but no version', { upcasters: { 0: same } }, /has upcasters but no version/],
    ['version 0', { version: 0 }, /has the version 0\. Versions are whole numbers from 1/],
    ['version 1.5', { version: 1.5 }, /has the version 1\.5/],
    ['version NaN', { version: NaN }, /has the version NaN/],
    ['a gap between its upcasters', { version: 3, upcasters: { 0: same, 2: same } }, /no upcaster from version 1 to 2/],
    ['no upcaster to its version', { version: 3, upcasters: { 0: same, 1: same } }, /no upcaster from version 2 to 3/],
    [
      'an upcaster from its version',
      { version: 2, upcasters: { 1: same, 2: same } },
      /upcaster from version 2, but is at/,
    ],
    [
      'a serde',
      { version: 1, serde: { serialize: () => new Uint8Array(), deserialize: () => 1 } },
      /has a version and a serde/,
    ],
  ])('with %s is refused where it is declared', (_what, options, message) => {
    expect(() => stateKey<number>('customer', options as never)).toThrow(
      expect.objectContaining({
        code: 'REA1019',
        message: expect.stringMatching(new RegExp(`^REA1019: The state key "customer" .*${message.source}`)),
      }),
    );
  });

  test.each<Parameters<typeof stateKey>[1]>([
    { version: 1 },
    { version: 5 },
    { version: 1, upcasters: {} },
    { version: 3, upcasters: { 1: same, 2: same } },
    { version: 3, upcasters: { 2: same } },
  ])('is accepted with %o', (options) => {
    expect(stateKey('customer', options).name).toBe('customer');
  });
});
