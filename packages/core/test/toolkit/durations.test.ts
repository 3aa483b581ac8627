import { after, orDefault, retry, run, runAsync, sleep, sleepUntil, withDeadline, withTimeout } from '@rea/core';
import { IngressException } from '@rea/ingress';
import { fakeContext } from '@rea/testing';
import { type Context, type Duration, rpc, RetryableError } from '@restatedev/restate-sdk';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { failOnce, Stage, Theatre, told } from './stage.js';

const NO_DURATIONS: readonly (readonly [unknown, RegExp])[] = [
  [Number.NaN, /is NaN/],
  [Date.parse('no date') - Date.now(), /is NaN/],
  [-5, /is negative \(-5 ms\).*Math\.max\(0, \.\.\.\)/],
  [Number.NEGATIVE_INFINITY, /is -Infinity/],
  [Number.POSITIVE_INFINITY, /is Infinity/],
  [1e308, /is 1e\+308 ms, but must be at most/],
  [2 ** 64, /but must be at most \d+ ms \(/],
  ['5000', /is the text "5000"/],
  ['', /is the text ""/],
  [null, /is null/],
  [5n, /is a bigint \(5\)/],
  [true, /is a boolean/],
  [[], /is an array/],
  [new Date(5), /is a Date/],
  [() => 5, /is a function/],
  [{}, /has no units/],
  [{ minutes: undefined }, /has no units/],
  [{ minutes: Number.NaN }, /has NaN as its minutes/],
  [{ minutes: '5' }, /has text as its minutes/],
  [{ minutes: null }, /has null as its minutes/],
  [{ minute: 5 }, /has the unit "minute"/],
  [{ seconds: 5, toString: 5 }, /has the unit "toString"/],
  [{ minutes: -5 }, /is negative \(-300000 ms\)/],
  [{ days: Number.POSITIVE_INFINITY }, /has Infinity as its days/],
  [{ days: 1e300 }, /but must be at most/],
];

const rows = NO_DURATIONS.map(([value, message]) => [inspect(value), value as number, message] as const);

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open({ policy: 'disabled' });
});
afterAll(() => theatre?.close());

/** What a handler gets for each use. */
async function outcomes(
  uses: Readonly<Record<string, (ctx: Context, stage: Stage) => unknown>>,
): Promise<Record<string, ReturnType<typeof told>>> {
  return theatre.play(async (ctx, stage) => {
    const found: Record<string, ReturnType<typeof told>> = {};
    for (const [name, use] of Object.entries(uses)) {
      try {
        found[name] = { terminal: false, message: `accepted: ${String(await use(ctx, stage))}` };
      } catch (error) {
        found[name] = told(error);
      }
    }
    return found;
  });
}

describe('In a handler', { meta: { claim: 'durations' } }, () => {
  test.each(rows)('%s is refused wherever a time is waited for', async (_title, value, message) => {
    const never = (ctx: Context) => ctx.awakeable<string>().promise;
    const found = await outcomes({
      'ctx.sleep': (ctx) => ctx.sleep(value),
      sleep: (ctx) => sleep(ctx, value, 'named'),
      after: (ctx) => after(ctx, value, 'late'),
      orTimeout: (ctx) => never(ctx).orTimeout(value),
      withTimeout: (ctx) => withTimeout(ctx, never(ctx), value),
      orDefault: (ctx) => orDefault(ctx, never(ctx), value, 'late'),
      'initialInterval of retry': (ctx) => retry(ctx, () => 'done', { initialInterval: value }),
      'maxInterval of retry': (ctx) => retry(ctx, () => 'done', { maxInterval: value }),
      'timeout of run': (ctx) => run(ctx, 'effect', () => 'done', { timeout: value }),
      'timeout of runAsync': (ctx) => runAsync(ctx, 'effect', () => 'done', { timeout: value }).result,
      'initialInterval of run': (ctx) => run(ctx, 'effect', () => 'done', { retry: { initialInterval: value } }),
      'maxInterval of run': (ctx) => run(ctx, 'effect', () => 'done', { retry: { maxInterval: value } }),
      'maxDuration of run': (ctx) => run(ctx, 'effect', () => 'done', { retry: { maxDuration: value } }),
      'initialRetryInterval of ctx.run': (ctx) => ctx.run('effect', () => 'done', { initialRetryInterval: value }),
      'maxRetryDuration of ctx.run': (ctx) => ctx.run('effect', () => 'done', { maxRetryDuration: value }),
    });
    tried(Object.keys(found).length);
    for (const [name, outcome] of Object.entries(found)) {
      expect([name, outcome]).toEqual([
        name,
        expect.objectContaining({ terminal: true, code: 500, rea: 'REA7070', message: expect.stringMatching(message) }),
      ]);
    }
    const deadline = await outcomes({ deadline: (ctx) => withDeadline(ctx, value, async () => 'done') });
    expect(deadline).toMatchObject({ deadline: { terminal: true, code: 500, rea: 'REA7034' } });
  });

  test.each(rows)('%s is refused as the delay of a message, and nothing is sent', async (_title, value, message) => {
    const before = (await theatre.app.invocations('Worker')).length;
    const found = await outcomes({
      'a durable client': (_ctx, { worker }) => worker.send.answer('a', { delay: value }),
      'an object': (_ctx, { objects }) => objects.of('o').send.add(1, { delay: value }),
      'a workflow': (_ctx, { flows }) => flows.of('w').submit('none', { delay: value }),
      'ctx.genericSend': (ctx) =>
        ctx.genericSend({ service: 'Any', method: 'thing', parameter: new Uint8Array(), delay: value }),
      "the SDK's client": (ctx) =>
        ctx
          .serviceSendClient<{ thing: (c: Context, text: string) => Promise<void> }>({ name: 'Any' })
          .thing('a', rpc.sendOpts({ delay: value })),
    });
    tried(Object.keys(found).length);
    for (const [name, outcome] of Object.entries(found)) {
      expect([name, outcome]).toEqual([
        name,
        expect.objectContaining({ terminal: true, code: 500, rea: 'REA7070', message: expect.stringMatching(message) }),
      ]);
    }
    expect(await theatre.app.invocations('Worker')).toHaveLength(before);
  });

  test.each([
    ['a closure', (ctx: Context, error: Error) => ctx.run('effect', () => Promise.reject(error))],
    ['the handler', (_ctx: Context, error: Error) => Promise.reject(error)],
  ])('a retryAfter that is no duration is terminal, thrown by %s', async (_where, fail) => {
    const values = [Number.NaN, -5, 1e308, { minutes: Number.NaN }];
    tried(values.length);
    for (const retryAfter of values) {
      const failed = theatre.play((ctx) => fail(ctx, new RetryableError('the bank is closed', { retryAfter })));
      await expect(failed).rejects.toMatchObject({
        status: 500,
        message: expect.stringMatching(/REA7070: The retryAfter .* The error: the bank is closed/),
      });
    }
  });

  test.each([null, undefined, '', '2026-12-01', true, [], {}, 5n, Number.NaN, new Date(Number.NaN)])(
    'sleepUntil() refuses %o',
    async (time) => {
      const found = await outcomes({ until: (ctx) => sleepUntil(ctx, time as Date) });
      expect(found).toMatchObject({ until: { terminal: true, code: 500, rea: 'REA7032' } });
    },
  );

  test.each([Number.POSITIVE_INFINITY, 1e308])('sleepUntil() refuses %j, which never comes', async (time) => {
    const found = await outcomes({ until: (ctx) => sleepUntil(ctx, time) });
    expect(found).toMatchObject({ until: { terminal: true, code: 500, rea: 'REA7070' } });
  });

  test('a timeout of a run is at most what a timer waits', async () => {
    const found = await outcomes({
      late: (ctx) => run(ctx, 'effect', () => 'done', { timeout: { days: 25 } }),
      largest: (ctx) => run(ctx, 'effect', () => 'done', { timeout: 2 ** 31 - 1 }),
    });
    expect(found).toMatchObject({
      late: { rea: 'REA7070', message: expect.stringContaining('24.8 days') },
      largest: { message: 'accepted: done' },
    });
  });

  test.each<[string, Duration | number]>([
    ['nothing', 0],
    ['a fraction', 0.5],
    ['a fraction of a second', { seconds: 0.0015 }],
    ['a sum', { seconds: 1, milliseconds: -999 }],
    ['a unit without a value beside another', { milliseconds: 1, days: undefined } as unknown as Duration],
  ])('%s is a duration', async (_what, duration) => {
    const found = await outcomes({
      sleep: (ctx) => ctx.sleep(duration).then(() => 'slept'),
      send: (_ctx, { worker }) => worker.send.answer('a', { delay: duration }).invocationId.then(() => 'sent'),
    });
    expect(found).toMatchObject({ sleep: { message: 'accepted: slept' }, send: { message: 'accepted: sent' } });
    const { accepted } = await theatre.app.ingress.generic('Worker').send('answer', 'a', {
      delay: duration,
      idempotencyKey: false,
    });
    expect(accepted).toBe(true);
  });

  test('a million days are waited for, by a sleep and by messages of both clients', async () => {
    const delay = { days: 1_000_000 };
    const found = await outcomes({
      sleep: (ctx) =>
        ctx
          .sleep(delay)
          .map(() => 'slept')
          .orTimeout(50),
      send: (_ctx, { worker }) => worker.send.answer('a', { delay }).invocationId,
    });
    expect(found['sleep']).toMatchObject({ message: expect.stringContaining('Timeout') });
    const { invocationId } = await theatre.app.ingress.generic('Worker').send('answer', 'a', {
      delay,
      idempotencyKey: false,
    });
    const ids = [found['send']?.message.replace('accepted: ', ''), invocationId];
    const invocations = await theatre.app.invocations('Worker');
    expect(invocations.filter(({ id }) => ids.includes(id)).map(({ status }) => status)).toEqual([
      'scheduled',
      'scheduled',
    ]);
  });
});

describe('At the ingress', { meta: { claim: 'durations' } }, () => {
  async function refusal(use: () => Promise<unknown>): Promise<unknown> {
    try {
      return await use();
    } catch (error) {
      if (error instanceof IngressException)
        return { status: error.getStatus(), code: error.code, text: error.message };
      return error;
    }
  }
  const refused = (message: RegExp) => ({ status: 500, code: 'REA7070', text: expect.stringMatching(message) });

  test.each(rows)('%s is refused as a delay, and nothing is sent', async (_title, value, message) => {
    const { ingress } = theatre.app;
    const before = (await theatre.app.invocations()).length;
    const once = { idempotencyKey: false, delay: value } as const;
    const uses = [
      () => ingress.generic('Worker').send('answer', 'a', once),
      () => ingress.generic('ObjectStage').of('o').send('add', 1, once),
      () => ingress.generic('FlowStage').of('w').send('run', 'none', once),
    ];
    tried(uses.length);
    for (const use of uses) expect(await refusal(use)).toEqual(refused(message));
    expect(await theatre.app.invocations()).toHaveLength(before);
  });

  test.each([...NO_DURATIONS.filter(([value]) => typeof value === 'number'), [2 ** 31, /24\.8 days/] as const])(
    '%s is refused as a timeout, and nothing is sent',
    async (value, message) => {
      const { ingress } = theatre.app;
      const before = (await theatre.app.invocations()).length;
      const timeout = value as number;
      const uses = [
        () => ingress.generic('Worker').call('answer', 'a', { idempotencyKey: false, timeout }),
        () => ingress.generic('Worker').send('answer', 'a', { idempotencyKey: false, timeout }),
        () => ingress.generic('Worker').attach('answer', 'k', { timeout }),
        () => ingress.generic('Worker').output('answer', 'k', { timeout }),
        () => ingress.invocation('inv_1').cancel({ timeout }),
        () => ingress.awakeable('sign_1').resolve('a', { timeout }),
        () => ingress.awakeable('sign_1').reject('a', { timeout }),
      ];
      tried(uses.length);
      for (const use of uses) expect(await refusal(use)).toEqual(refused(message));
      expect(await theatre.app.invocations()).toHaveLength(before);
    },
  );

  test.each(['5000', null, {}, { minutes: 5 }, [5]])('%j is no timeout: it is a number', async (value) => {
    const timeout = value as number;
    const call = theatre.app.ingress.generic('Worker').call('answer', 'a', { idempotencyKey: false, timeout });
    expect(await refusal(() => call)).toEqual(refused(/and not a number/));
  });
});

/** A time that has passed when an attempt replays. */
class DueTime {
  private at = Date.now() + 60_000;
  private readonly fail = failOnce();

  get left(): number {
    return this.at - Date.now();
  }

  /** Fails the first attempt, after which the time is in the past. */
  passes(): void {
    this.at = Date.now() - 5_000;
    this.fail();
  }
}

describe('What was left until a time, and is negative on the replay,', { meta: { claim: 'durations' } }, () => {
  test.each<[string, (ctx: Context, stage: Stage, left: number) => unknown]>([
    ['as the delay of a message', (_ctx, { worker }, left) => worker.send.answer('a', { delay: left })],
    [
      'as a delay that is never negative',
      (_ctx, { worker }, left) => worker.send.answer('a', { delay: Math.max(0, left) }),
    ],
    ['to an object', (_ctx, { objects }, left) => objects.of('late').send.add(1, { delay: left })],
    ['to a workflow', (ctx, { flows }, left) => flows.of(ctx.rand.uuidv4()).submit('none', { delay: left })],
    [
      "with the SDK's client",
      (ctx, _stage, left) =>
        ctx
          .serviceSendClient<{ answer: (c: Context, text: string) => Promise<void> }>({
            name: theatre.app.serverName('Worker'),
          })
          .answer('a', rpc.sendOpts({ delay: left })),
    ],
    ['as a sleep', (ctx, _stage, left) => void sleep(ctx, left)],
    ['as the timer of a race', (ctx, _stage, left) => void after(ctx, left, 'late')],
    ['as a timeout', (ctx, _stage, left) => void withTimeout(ctx, ctx.awakeable().promise, left)],
    ['as a deadline', (ctx, _stage, left) => withDeadline(ctx, left, async () => 'done')],
    ['as a retry duration', (ctx, _stage, left) => run(ctx, 'effect', () => 'done', { retry: { maxDuration: left } })],
    ['as the timeout of a run', (ctx, _stage, left) => run(ctx, 'effect', () => 'done', { timeout: left })],
  ])('%s, ends no invocation', async (_title, use) => {
    const due = new DueTime();
    const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', baggage: 'tenant=7' };
    let attempts = 0;
    const name = Stage.scenes.add(async (ctx, stage) => {
      attempts += 1;
      await use(ctx, stage, due.left);
      await ctx.run('journaled', () => 'after it');
      due.passes();
      return 'done';
    });
    const { call } = theatre.app.ingress.service(Stage);
    expect(await call.play(name, { idempotencyKey: false, headers })).toBe('done');
    expect(attempts).toBeGreaterThan(1);
  });
});

describe.each(['strict', 'warn', 'disabled'] as const)(
  'Used in a handler, with policy %s, an ingress client',
  (policy) => {
    let stage: Theatre;
    beforeAll(async () => {
      stage = await Theatre.open({ policy });
    });
    afterAll(() => stage?.close());

    const plain = { idempotencyKey: false } as const;
    const circular: { self?: unknown } = {};
    circular.self = circular;
    test.each<[string, string, (ingress: Theatre['app']['ingress']) => Promise<unknown>]>([
      [
        'a delay',
        'REA7070',
        (ingress) => ingress.generic('Worker').send('answer', 'a', { ...plain, delay: Number.NaN }),
      ],
      ['a timeout', 'REA7070', (ingress) => ingress.generic('Worker').call('answer', 'a', { ...plain, timeout: -1 })],
      ['an input', 'REA7020', (ingress) => ingress.generic('Worker').call('answer', circular, plain)],
      ['the input of a message', 'REA7020', (ingress) => ingress.generic('Worker').send('answer', circular, plain)],
      ['the value of an awakeable', 'REA7020', (ingress) => ingress.awakeable('sign_1').resolve(circular)],
    ])(
      'ends the invocation at once over %s that cannot be',
      { meta: { claim: 'durations' } },
      async (_what, code, use) => {
        let attempts = 0;
        const { ingress } = stage.app;
        const failure = await stage
          .play(async () => {
            attempts += 1;
            return use(ingress);
          })
          .catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: policy === 'disabled' ? code : 'REA2005' });
        expect(attempts).toBe(1);
      },
    );
  },
);

describe('The fake context', { meta: { claim: 'durations' } }, () => {
  test.each(rows)('refuses %s as the real one does', (_title, value, message) => {
    const ctx = fakeContext();
    const send = { service: 'Any', method: 'thing', parameter: undefined, delay: value };
    tried(2);
    for (const use of [() => ctx.sleep(value), () => ctx.genericSend(send)]) {
      expect(use).toThrow(expect.objectContaining({ message: expect.stringMatching(message), code: 500 }));
    }
  });
});
