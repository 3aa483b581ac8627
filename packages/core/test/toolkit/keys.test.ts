import { compositeKey, idempotencyKey, type KeyPart } from '@rea/core';
import { iface } from '@restatedev/restate-sdk';
import { IngressException } from '@rea/ingress';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { Theatre, told } from './stage.js';

/** What an unvalidated body, a template or plain JavaScript brings where a text belongs. */
const NO_TEXTS: readonly (readonly [unknown, RegExp])[] = [
  [undefined, /is undefined/],
  [null, /is null/],
  [Number.NaN, /is a number \(NaN\)/],
  [Number.POSITIVE_INFINITY, /is a number \(Infinity\)/],
  [{}, /is an object/],
  [{ id: 7 }, /is an object/],
  [Object.create(null), /is an object/],
  [['o-17'], /is an array/],
  [new Date(0), /is a Date/],
  [new Date(Number.NaN), /is an invalid Date/],
  [Promise.resolve('o-17'), /is a promise/],
  [() => 'o-17', /is a function/],
  [Symbol('o-17'), /is a symbol/],
  [Object('o-17'), /is an object/],
];

const NUMBERS: readonly (readonly [unknown, RegExp])[] = [
  [5, /is a number \(5\), and a key is text/],
  [5n, /is a bigint \(5\), and a key is text/],
  [true, /is a boolean \(true\), and a key is text/],
];

const titled = <T>(rows: readonly (readonly [unknown, T])[]) =>
  rows.map(([value, expected]) => [inspect(value), value, expected] as const);

function refusal(make: () => unknown): ReturnType<typeof told> {
  try {
    return { terminal: false, message: `accepted: ${String(make())}` };
  } catch (error) {
    return told(error);
  }
}

describe('A part of an idempotency key', { meta: { claim: 'keys' } }, () => {
  const beyond = /beyond 2\^53/;
  test.each(titled([...NO_TEXTS, ['', /is an empty text/], [2 ** 53, beyond], [-1e300, beyond]]))(
    '%s is refused, and its position named',
    (_title, value, message) => {
      const part = value as KeyPart;
      const lists: [[KeyPart, ...KeyPart[]], number][] = [
        [[part, 'a'], 1],
        [['pay', part], 2],
        [['pay', 'a', part, 'b'], 3],
      ];
      tried(lists.length);
      for (const [parts, position] of lists) {
        const refused = refusal(() => idempotencyKey(...parts));
        expect(refused).toMatchObject({ terminal: true, code: 400, rea: 'REA3020' });
        expect(refused.message).toMatch(message);
        expect(refused.message).toContain(`Part ${position} of idempotencyKey()`);
      }
    },
  );

  test('is needed at all', () => {
    expect(refusal(() => (idempotencyKey as () => string)())).toMatchObject({ rea: 'REA3020' });
  });

  test.each<[string, [KeyPart], string]>([
    ['a zero', [0], '~number:0'],
    ['a negative number', [-4.5], '~number:-4.5'],
    ['the largest exact integer', [Number.MAX_SAFE_INTEGER], '~number:9007199254740991'],
    ['a larger one as a bigint', [2n ** 64n], '~n:18446744073709551616'],
    ['a boolean', [false], '~boolean:false'],
    ['a space', [' '], '%20'],
    ['the text of what is missing', ['undefined'], 'undefined'],
  ])('may be %s', (_what, parts, key) => {
    expect(idempotencyKey(...parts)).toBe(key);
  });
});

describe('A part of a composite key', { meta: { claim: 'keys' } }, () => {
  test.each(titled([...NO_TEXTS, ...NUMBERS, ['', /is empty/]]))('%s is refused', (_title, value, message) => {
    const part = value as string;
    const lists: [[string, string], number][] = [
      [[part, 'a'], 1],
      [['tenant', part], 2],
    ];
    tried(lists.length);
    for (const [parts, position] of lists) {
      const refused = refusal(() => compositeKey(...parts));
      expect(refused).toMatchObject({ terminal: true, code: 400, rea: 'REA3001' });
      expect(refused.message).toMatch(message);
      expect(refused.message).toContain(`Part ${position} of a composite key`);
    }
  });
});

/** How both clients refuse: the same code, status and message. */
interface Refused {
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly message: string;
}

const ACCEPTED: Refused = { code: undefined, status: undefined, message: 'accepted' };

async function refusedInHandler(use: () => unknown): Promise<Refused> {
  try {
    await use();
    return ACCEPTED;
  } catch (error) {
    const { rea, code, message } = told(error);
    return { code: rea, status: code, message };
  }
}

async function refusedOutside(use: () => unknown): Promise<Refused> {
  try {
    await use();
    return ACCEPTED;
  } catch (error) {
    if (!(error instanceof IngressException)) throw error;
    return { code: error.code, status: error.getStatus(), message: error.message };
  }
}

describe.each(['warn', 'strict', 'disabled'] as const)('In mode %s', { meta: { claim: 'keys' } }, (policy) => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({ policy });
  });
  afterAll(() => theatre?.close());

  test.each(titled([...NO_TEXTS, ...NUMBERS, ['', /is empty/]]))(
    'the object key and workflow id %s is refused by both clients, in the same words',
    async (_title, value, message) => {
      const key = value as string;
      const { ingress } = theatre.app;
      const inside = await theatre.play(async (_ctx, { objects, flows }) => [
        await refusedInHandler(() => objects.of(key)),
        await refusedInHandler(() => flows.of(key)),
      ]);
      const outside = [
        await refusedOutside(() => ingress.object(iface.object('ObjectStage', {})).of(key)),
        await refusedOutside(() => ingress.workflow(iface.workflow('FlowStage', { run: iface.json() })).of(key)),
      ];
      expect(outside).toEqual(inside);
      for (const refused of inside) {
        expect(refused).toMatchObject({ code: 'REA3001', status: 400, message: expect.stringMatching(message) });
      }
    },
  );

  test.each(
    titled([
      ...NO_TEXTS.slice(1),
      [5, /is a number \(5\), and not text/],
      [true, /is a boolean \(true\), and not text/],
      ['', /is empty/],
      ['café', /beyond visible ASCII/],
      ['größe 7', /beyond visible ASCII/],
      ['a\t', /beyond visible ASCII/],
      ['a\r\nx-evil: 1', /beyond visible ASCII/],
      ['a\u0000', /beyond visible ASCII/],
      ['a\u007f', /beyond visible ASCII/],
      ['\ud83e', /beyond visible ASCII/],
      ['a\u00a0', /beyond visible ASCII/],
      [' a', /begins or ends with a space/],
      ['a ', /begins or ends with a space/],
      [' ', /begins or ends with a space/],
      ['k'.repeat(257), /more than 256 characters/],
    ]),
  )('the idempotency key %s is refused by both clients, and nothing is sent', async (_title, value, message) => {
    const key = value as string;
    const options = { idempotencyKey: key, crossInvocation: true };
    const inside = await theatre.play(async (_ctx, { worker, objects }) => [
      await refusedInHandler(() => worker.call.answer('a', options)),
      await refusedInHandler(() => worker.send.answer('a', options)),
      await refusedInHandler(() => objects.of('o').send.add(1, options)),
    ]);
    const generic = theatre.app.ingress.generic('Worker');
    const outside = [
      await refusedOutside(() => generic.call('answer', 'a', { idempotencyKey: key })),
      await refusedOutside(() => generic.send('answer', 'a', { idempotencyKey: key })),
      await refusedOutside(() => generic.attach('answer', key)),
      await refusedOutside(() => generic.output('answer', key)),
    ];
    for (const refused of [...inside, ...outside]) {
      expect(refused).toMatchObject({ code: 'REA3021', status: 400, message: expect.stringMatching(message) });
    }
    expect(inside[0]?.message.replace('Worker call.answer()', '')).toBe(
      outside[0]?.message.replace('Worker call.answer()', ''),
    );
    expect(await theatre.app.invocations('Worker')).toEqual([]);
  });
});

describe('A key that holds a missing value', { meta: { claim: 'keys' } }, () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({ policy: 'strict' });
  });
  afterAll(() => theatre?.close());

  test.each(['pay-undefined', 'pay/null/7', 'NaN', 'pay_undefined'])('is weak: %s', async (key) => {
    const idempotent = { idempotencyKey: key };
    const inside = await theatre.play((_ctx, { worker }) =>
      refusedInHandler(() => worker.call.answer('a', { ...idempotent, crossInvocation: true })),
    );
    const outside = await refusedOutside(() => theatre.app.ingress.generic('Worker').call('answer', 'a', idempotent));
    for (const refused of [inside, outside]) {
      expect(refused.message).toMatch(/^REA2008 weak-key: .*which holds a missing value/);
    }
  });

  test.each(['nullable/7', 'undefinedness', 'NaNo-7', 'annul-7'])('is another than %s', async (key) => {
    const answer = theatre.app.ingress.generic('Worker').call('answer', 'a', { idempotencyKey: key });
    expect(await answer).toBe('a');
  });
});
