import { Handler, ReaEvents, state, type StateKey, stateKey, type Violation, VirtualObject } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { ObjectContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import '../../../../test/support/claim.js';

class Money {
  constructor(readonly cents: number) {}
  get euros(): number {
    return this.cents / 100;
  }
}

let key: StateKey<unknown, unknown>;
let value: unknown;

@VirtualObject()
class Shelf {
  @Handler()
  async put(ctx: ObjectContext): Promise<void> {
    state(ctx, key).set(value);
  }
}

let app: ReaTestApp;
const found: Violation[] = [];
let keys = 0;

beforeAll(async () => {
  app = await createTestApp({ providers: [Shelf], rea: { policy: 'warn' } });
  app.get(ReaEvents).on('violation', (violation) => found.push(violation));
});
afterAll(() => app?.close());
afterEach(() => {
  found.length = 0;
});

describe('State with a schema that lets through what JSON does not keep', { meta: { claim: 'journaled' } }, () => {
  const put = (schema: unknown, given: unknown) => {
    [value, key] = [given, stateKey<unknown>('thing', { schema: schema as never })];
    return app.ingress
      .object(Shelf)
      .of(`k-${(keys += 1)}`)
      .call.put(undefined, { idempotencyKey: false });
  };

  test.for<[string, unknown, unknown, string]>([
    ['z.any()', z.any(), new Map([['a', 1]]), 'a Map'],
    ['z.custom()', z.custom<Map<string, number>>(), new Map([['a', 1]]), 'a Map'],
    ['z.unknown() inside', z.object({ tags: z.unknown() }), { tags: new Set(['a']) }, 'a Set at .tags'],
    ['z.any(), with NaN', z.any(), { total: Number.NaN }, 'NaN at .total'],
  ])('is found: %s', async ([, schema, lossy, words]) => {
    await put(schema, lossy);
    expect(found.map(({ rule, what }) => [rule.id, what])).toContainEqual([
      'lossy-value',
      `The state "thing" has ${words}`,
    ]);
  });

  const Restored = z.object({ cents: z.number() }).transform(({ cents }) => new Money(cents));
  const Amounts = z.codec(z.array(z.tuple([z.string(), z.number()])), z.map(z.string(), z.number()), {
    decode: (entries) => new Map(entries),
    encode: (map) => [...map],
  });
  test.for<[string, unknown, unknown]>([
    ['a schema that restores it', Restored, new Money(5)],
    ['a codec', Amounts, new Map([['a', 1]])],
    ['plain data', z.any(), { a: [1, 'x'] }],
  ])('is not found with %s', async ([, schema, kept]) => {
    await put(schema, kept);
    expect(found).toEqual([]);
  });
});
