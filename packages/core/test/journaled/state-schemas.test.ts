import { Handler, Service, Shared, state, type StateKey, stateKey, VirtualObject } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, type ObjectContext, type ObjectSharedContext, TerminalError } from '@restatedev/restate-sdk';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import '../../../../test/support/claim.js';

/** Text on the wire, a date in handlers. */
const Day = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const Amounts = z.codec(z.array(z.tuple([z.string(), z.number()])), z.map(z.string(), z.number()), {
  decode: (entries) => new Map(entries),
  encode: (map) => [...map],
});
const Big = z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: (big) => big.toString() });

/** A codec of another library: a Standard Schema with a method that encodes. */
const Cents = {
  ...v.pipe(
    v.string(),
    v.transform((text) => ({ cents: Number(text) })),
  ),
  encode: ({ cents }: { cents: number }) => String(cents),
};

const loose = (schema: unknown, version?: number): StateKey<unknown, unknown> =>
  stateKey<unknown>('value', {
    schema: schema as never,
    ...(version === undefined ? {} : { version, upcasters: Object.fromEntries([[0, (old: unknown) => old]]) }),
  });

/** Of each key that holds: what is set, what is read, what is stored. */
const HOLDING: readonly [string, StateKey<unknown, unknown>, unknown, unknown, unknown][] = [
  ['a plain schema', loose(z.number()), 2, 2, 2],
  ['a schema that trims', loose(z.string().trim()), ' tea ', 'tea', 'tea'],
  ['a schema that lowers', loose(z.string().toLowerCase()), 'TEA', 'tea', 'tea'],
  ['a default', loose(z.object({ a: z.string().default('d') })), {}, { a: 'd' }, { a: 'd' }],
  ['a schema that drops fields', loose(z.object({ a: z.number() })), { a: 1, b: 2 }, { a: 1 }, { a: 1 }],
  ['a strict schema', loose(z.strictObject({ a: z.number() })), { a: 1 }, { a: 1 }, { a: 1 }],
  ['a coerced date', loose(z.coerce.date()), new Date(0), new Date(0), '1970-01-01T00:00:00.000Z'],
  [
    'text that becomes a date',
    loose(z.string().transform((text) => new Date(text))),
    new Date(0),
    new Date(0),
    '1970-01-01T00:00:00.000Z',
  ],
  ['a codec', loose(Day), new Date(0), new Date(0), '1970-01-01T00:00:00.000Z'],
  [
    'a codec inside',
    loose(z.object({ days: z.array(Day).optional() })),
    { days: [new Date(0)] },
    { days: [new Date(0)] },
    { days: ['1970-01-01T00:00:00.000Z'] },
  ],
  ['a codec of a map', loose(Amounts), new Map([['a', 1]]), new Map([['a', 1]]), [['a', 1]]],
  ['a codec of a bigint', loose(z.nullable(Big)), 12n, 12n, '12'],
  [
    'a recursive schema with a codec',
    loose(z.object({ at: Day, next: z.lazy(() => z.object({ at: Day }).optional()) })),
    { at: new Date(0), next: { at: new Date(1) } },
    { at: new Date(0), next: { at: new Date(1) } },
    { at: '1970-01-01T00:00:00.000Z', next: { at: '1970-01-01T00:00:00.001Z' } },
  ],
  ['a codec of a library that has none', loose(Cents), { cents: 5 }, { cents: 5 }, '5'],
  ['a schema of valibot', loose(v.pipe(v.string(), v.trim())), ' tea ', 'tea', 'tea'],
  ['a versioned codec', loose(Day, 1), new Date(0), new Date(0), { '_rea.v': 1, value: '1970-01-01T00:00:00.000Z' }],
];

/** Of each key that cannot hold: a value that it validates. */
const CHANGING: readonly [string, StateKey<unknown, unknown>, unknown][] = [
  ['doubles', loose(z.number().transform((n) => n * 2)), 2],
  [
    'doubles, in valibot',
    loose(
      v.pipe(
        v.number(),
        v.transform((n) => n * 2),
      ),
    ),
    2,
  ],
  ['appends', loose(z.array(z.number()).transform((list) => [...list, 0])), [1]],
  ['counts characters', loose(z.string().transform((text) => text.length)), 'tea'],
  ['prefixes', loose(z.object({ id: z.string().transform((id) => `id-${id}`) })), { id: '1' }],
  ['takes dates only', loose(z.date()), new Date(0)],
  ['makes maps of objects', loose(z.map(z.string(), z.number())), new Map([['a', 1]])],
  ['makes sets of arrays', loose(z.array(z.string()).transform((list) => new Set(list))), ['a']],
  [
    'doubles beside a codec',
    loose(z.object({ at: Day, n: z.number().transform((n) => n * 2) })),
    { at: new Date(0), n: 1 },
  ],
  ['has a codec that loses', loose(z.codec(z.number(), z.number(), { decode: (n) => n + 1, encode: (n) => n })), 1],
];

/** Of each key: what does not fit it, and the path that the failure names. */
const UNFIT: readonly [string, StateKey<unknown, unknown>, unknown, string][] = [
  ['a plain schema', loose(z.object({ a: z.number() })), { a: 'x' }, 'a'],
  ['a codec', loose(z.object({ at: Day })), { at: 'soon' }, 'at'],
  ['a codec, with an invalid date', loose(z.object({ at: Day })), { at: new Date(Number.NaN) }, 'at'],
  ['numbers, with NaN', loose(z.object({ a: z.number() })), { a: Number.NaN }, 'a'],
  ['valibot', loose(v.object({ a: v.number() })), { a: 'x' }, 'a'],
];

let key: StateKey<unknown, unknown>;
let given: unknown;
let read: unknown;
const told = (error: unknown) => {
  if (!(error instanceof TerminalError)) throw error;
  return { code: error.metadata?.['rea.code'], status: error.code, message: error.message };
};

@VirtualObject({ retryPolicy: { initialInterval: 20, maxInterval: 50, maxAttempts: 4, onMaxAttempts: 'kill' } })
class Box {
  @Handler()
  async put(ctx: ObjectContext, how: 'set' | 'update'): Promise<unknown> {
    try {
      if (how === 'set') state(ctx, key).set(given);
      read = how === 'set' ? await state(ctx, key).get() : await state(ctx, key).update(() => given);
    } catch (error) {
      return told(error);
    }
    return 'stored';
  }

  @Handler()
  async again(ctx: ObjectContext): Promise<void> {
    for (let time = 0; time < 3; time += 1) await state(ctx, key).update((current) => current);
    await ctx.sleep(1);
    read = await state(ctx, key).get();
  }

  @Shared()
  async look(ctx: ObjectSharedContext): Promise<void> {
    read = await state(ctx, key).get();
  }
}

@Service()
class Desk {
  static seen: unknown[] = [];

  @Handler({ input: z.object({ at: Day }) })
  async codec(_ctx: Context, { at }: { at: Date }): Promise<string> {
    return `${at instanceof Date} ${at.toISOString()}`;
  }

  @Handler({ input: Amounts })
  async map(_ctx: Context, amounts: Map<string, number>): Promise<number> {
    return amounts.get('a') ?? 0;
  }

  @Handler({ output: z.number().transform((n) => n * 2) })
  async doubled(_ctx: Context): Promise<number> {
    return 2;
  }

  @Handler({ output: z.object({ name: z.string().trim(), note: z.string().default('none') }) })
  async completed(_ctx: Context): Promise<{ name: string; note?: string }> {
    return { name: ' Ada ', secret: 1 } as { name: string };
  }

  @Handler({ output: z.object({ at: z.date() }) })
  async dated(_ctx: Context): Promise<{ at: Date }> {
    return { at: new Date(0) };
  }
}

let app: ReaTestApp;
let boxes = 0;

beforeAll(async () => {
  app = await createTestApp({ providers: [Box, Desk] });
});
afterAll(() => app?.close());

describe('State', { meta: { claim: 'state-schemas' } }, () => {
  const once = { idempotencyKey: false } as const;

  test.for(HOLDING.flatMap((each) => (['set', 'update'] as const).map((how) => [each[0], how, each] as const)))(
    'is read as it was written, for as long as it is stored: %s, by %s',
    async ([, how, [, declared, value, expected, stored]]) => {
      [key, given, read] = [declared, value, undefined];
      const id = `box-${(boxes += 1)}`;
      const box = app.ingress.object(Box).of(id);
      expect(await box.call.put(how, once)).toBe('stored');
      expect(read).toEqual(expected);
      expect(await app.state('Box', id)).toEqual({ value: stored });
      await box.call.look();
      expect(read).toEqual(expected);
      await box.call.again(undefined, once);
      expect(read).toEqual(expected);
      expect(await app.state('Box', id)).toEqual({ value: stored });
    },
  );

  test.for(CHANGING)('is refused when reading would change it: a schema that %s', async ([, declared, value]) => {
    [key, given] = [declared, value];
    const id = `box-${(boxes += 1)}`;
    for (const how of ['set', 'update'] as const) {
      expect(await app.ingress.object(Box).of(id).call.put(how, once)).toMatchObject({
        code: 'REA7081',
        status: 500,
        message: expect.stringContaining('REA7081: The state "value" would not be read as it was written'),
      });
    }
    expect(await app.state('Box', id)).toEqual({});
  });

  test.for(UNFIT)('that does not fit is refused with its path: %s', async ([, declared, value, path]) => {
    [key, given] = [declared, value];
    const id = `box-${(boxes += 1)}`;
    for (const how of ['set', 'update'] as const) {
      expect(await app.ingress.object(Box).of(id).call.put(how, once)).toMatchObject({
        code: 'REA2010',
        status: 500,
        message: `The state "value" is not valid: ${path}: does not fit the schema`,
      });
    }
    expect(await app.state('Box', id)).toEqual({});
  });
});

describe('An input', { meta: { claim: 'state-schemas' } }, () => {
  test('is encoded by its codec, and decoded in the handler', async () => {
    const desk = app.ingress.service(Desk).call;
    expect(await desk.codec({ at: new Date(0) }, { idempotencyKey: false })).toBe('true 1970-01-01T00:00:00.000Z');
    expect(await desk.map(new Map([['a', 7]]), { idempotencyKey: false })).toBe(7);
  });

  test('that its codec refuses is a 400 with its path', async () => {
    const wrong = { at: 'soon' } as unknown as { at: Date };
    await expect(app.ingress.service(Desk).call.codec(wrong, { idempotencyKey: false })).rejects.toMatchObject({
      status: 400,
      code: 'REA2010',
      message: expect.stringContaining('at:'),
    });
  });
});

describe('An output', { meta: { claim: 'state-schemas' } }, () => {
  test('is completed by its schema', async () => {
    expect(await app.ingress.service(Desk).call.completed(undefined, { idempotencyKey: false })).toEqual({
      name: 'Ada',
      note: 'none',
    });
    expect(await app.ingress.service(Desk).call.dated(undefined, { idempotencyKey: false })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  test('is refused when its schema makes another value of it', async () => {
    await expect(app.ingress.service(Desk).call.doubled(undefined, { idempotencyKey: false })).rejects.toMatchObject({
      status: 500,
      code: 'REA7082',
    });
  });
});
