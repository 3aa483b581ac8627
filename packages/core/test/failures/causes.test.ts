import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpException, Logger } from '@nestjs/common';
import { Handler, InjectClient, run, Service, type ServiceClient } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, RetryableError, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { withCauses } from '../../src/failures/causes.js';
import { withoutSecrets } from '../../src/failures/without-secrets.js';
import { type Scene, Scenes } from '../support/scenes.js';
import { until } from '../support/until.js';

const twice = { retry: { maxAttempts: 2, initialInterval: 10 } } as const;

const database = () =>
  Object.assign(new Error('query failed', { cause: new Error('deadlock detected') }), { code: '40P01' });

@Service({ retryPolicy: { initialInterval: 10, maxInterval: 20 } })
class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

@Service()
class Caller {
  constructor(@InjectClient(Stage) private readonly stage: ServiceClient<Stage>) {}

  @Handler()
  async relay(_ctx: Context, scene: string): Promise<unknown> {
    return this.stage.call.play(scene);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Stage, Caller] });
});
afterAll(() => app?.close());

const once = { idempotencyKey: false } as const;
const play = (scene: Scene<Context, Stage>) => app.ingress.service(Stage).call.play(Stage.scenes.add(scene), once);

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const THROWN: readonly (readonly [what: string, make: () => unknown, says: string])[] = [
  ['an error', () => new Error('down'), 'down'],
  ['an error with a cause', database, 'query failed (40P01); cause: deadlock detected'],
  [
    'an aggregate without a message',
    () => new AggregateError([new Error('refused by ::1'), new Error('refused by 127.0.0.1')]),
    'AggregateError; errors: [refused by ::1 | refused by 127.0.0.1]',
  ],
  [
    'a long aggregate',
    () =>
      new AggregateError(
        Array.from({ length: 8 }, (_, index) => new Error(`no ${index}`)),
        'all',
      ),
    'all; errors: [no 0 | no 1 | no 2 | no 3 | no 4 | and 3 more]',
  ],
  ['an error without a message', () => Object.assign(new Error(), { code: 'EPIPE' }), 'Error EPIPE'],
  ['a text', () => 'plain text', 'plain text'],
  ['an object', () => ({ code: 'E42' }), "A non-Error value was thrown: { code: 'E42' }"],
  ['undefined', () => undefined, 'A non-Error value was thrown: undefined'],
  ['a Nest 5xx', () => new HttpException('later', 503, { cause: new Error('overloaded') }), 'later; cause: overloaded'],
  ['a retryable error', () => new RetryableError('slow down'), 'slow down'],
  ['an error with a text as its cause', () => new Error('down', { cause: 'a text' }), 'down; cause: a text'],
];

describe('What leaves a run', { meta: { claim: 'causes' } }, () => {
  test.each(THROWN)('says run, try and causes to the caller: %s', async (_what, make, says) => {
    const scene: Scene<Context, Stage> = (ctx) => run(ctx, 'get', () => Promise.reject(make() as Error), twice);
    const expected = { status: 500, message: `Run "get" failed on try 2 of 2: ${says}` };
    await expect(play(scene)).rejects.toMatchObject(expected);
    await expect(app.ingress.service(Caller).call.relay(Stage.scenes.add(scene), once)).rejects.toMatchObject(expected);
  });

  test('names the address that fetch() could not reach', async () => {
    const port = await closedPort();
    const scene =
      (host: string): Scene<Context, Stage> =>
      (ctx) =>
        run(ctx, 'get', async () => (await fetch(`http://${host}:${port}/`)).text(), twice);
    await expect(play(scene('127.0.0.1'))).rejects.toMatchObject({
      message: `Run "get" failed on try 2 of 2: fetch failed; cause: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    await expect(play(scene('localhost'))).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`fetch failed; cause: .*connect ECONNREFUSED 127\\.0\\.0\\.1:${port}`)),
    });
  });

  test('says it to the server and to the log while it is tried again', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const { invocationId } = await app.ingress.service(Stage).send.play(
        Stage.scenes.add((ctx) => run(ctx, 'get', () => Promise.reject(database()))),
        {
          idempotencyKey: 'server',
        },
      );
      const says = /Run "get" failed on try \d+: query failed \(40P01\); cause: deadlock detected/;
      await until(async () => {
        const [row] = await app.query<{ last_failure?: string }>(
          `select last_failure from sys_invocation where id = '${invocationId}'`,
        );
        return says.test(row?.last_failure ?? '');
      }, 'The server does not show it.');
      expect(warn.mock.calls.some(([line]) => says.test(String(line)))).toBe(true);
      await app.cancel(invocationId);
    } finally {
      warn.mockRestore();
    }
  });

  test('counts the tries of each run', async () => {
    const messages: string[] = [];
    const attempt = async (ctx: Context, name: string, tries: number) => {
      try {
        await run(ctx, name, () => Promise.reject(new Error('down')), {
          retry: { maxAttempts: tries, initialInterval: 5 },
        });
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    messages.push(
      ...((await play(async (ctx) => {
        const all: string[] = [];
        for (const tries of [1, 3, 2]) all.push(await attempt(ctx, 'same name', tries));
        return all;
      })) as string[]),
    );
    expect(messages).toEqual([
      'Run "same name" failed on try 1 of 1: down',
      'Run "same name" failed on try 3 of 3: down',
      'Run "same name" failed on try 2 of 2: down',
    ]);
  });

  test('has its own message where it is terminal, and its causes in the metadata', async () => {
    const declined = () => Object.assign(new TerminalError('declined', { errorCode: 402 }), { cause: database() });
    await expect(play((ctx) => run(ctx, 'pay', () => Promise.reject(declined())))).rejects.toMatchObject({
      status: 402,
      message: 'declined',
      metadata: { 'rea.run': 'pay', 'rea.causes': 'query failed (40P01); cause: deadlock detected' },
    });
    const plain = await play((ctx) => run(ctx, 'pay', () => Promise.reject(new TerminalError('no')))).catch(
      (error: unknown) => error,
    );
    expect(plain).toMatchObject({ message: 'no', metadata: {} });
    expect(Object.keys((plain as { metadata: object }).metadata)).toEqual([]);
  });

  test('has no secrets', async () => {
    const error = new Error('failed: https://ada:s3cret@bank.example/pay?token=abc123', {
      cause: new Error('authorization: Bearer abc.def.ghi'),
    });
    await expect(play((ctx) => run(ctx, 'pay', () => Promise.reject(error), twice))).rejects.toMatchObject({
      message:
        'Run "pay" failed on try 2 of 2: failed: https://***@bank.example/pay?token=***; cause: authorization: Bearer ***',
    });
  });
});

describe('A text without secrets', { meta: { claim: 'causes' } }, () => {
  test.each([
    ['postgres://app:hunter2@db:5432/orders', 'postgres://***@db:5432/orders'],
    ['redis://:hunter2@cache:6379', 'redis://***@cache:6379'],
    ['GET https://x.example/a?api_key=abc&page=2', 'GET https://x.example/a?api_key=***&page=2'],
    ['https://s3.example/b?X-Amz-Signature=0f0f&x=1', 'https://s3.example/b?X-Amz-Signature=***&x=1'],
    ['Authorization: Basic YWRhOnNlY3JldA==', 'Authorization: Basic ***'],
    ['{"password":"a b","user":"ada"}', '{"password":"***","user":"ada"}'],
    ["{ access_token: 'abc def' }", "{ access_token: '***' }"],
    ['Cookie: session=abc; theme=dark', 'Cookie: ***'],
    ['key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln is bad', 'key *** is bad'],
    ['No such customer: sk_live_abcdefgh12345678', 'No such customer: ***'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', '***'],
    ['client_secret=abc, scope=all', 'client_secret=***, scope=all'],
  ])('hides what looks like one: %s', (text, safe) => {
    expect(withoutSecrets(text)).toBe(safe);
  });

  test.each([
    'connect ECONNREFUSED 127.0.0.1:443',
    'The token is expired',
    'no author: unknown key "sku"',
    'https://bank.example:8443/pay?page=2',
    'duplicate key value violates unique constraint "orders_pkey"',
    'mailto:ada@example.org is not reachable',
  ])('keeps what does not: %s', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });

  test('takes no longer for a hostile one', () => {
    const started = performance.now();
    for (const text of ['token='.repeat(20_000), 'a'.repeat(200_000), 'a-'.repeat(100_000), '//'.repeat(100_000)]) {
      withCauses(new Error(text));
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test.each(['deadbeef01', 'a-', 'a.', 'token', 'eyJaaaaaaaa-', 'http://', 'token="'])(
    'takes time by its length, not by its square: %s',
    (part) => {
      const text = part.repeat(20_000 / part.length);
      const started = performance.now();
      withoutSecrets(text);
      expect(performance.now() - started).toBeLessThan(500);
    },
  );
});

describe('A chain of causes', { meta: { claim: 'causes' } }, () => {
  test('is bounded in depth and length', () => {
    let error = new Error('the first');
    for (let i = 0; i < 100; i += 1) error = new Error(`error ${i}`, { cause: error });
    expect(withCauses(error)).toBe(
      'error 99; cause: error 98; cause: error 97; cause: error 96; cause: error 95; cause: error 94; cause: ...',
    );
    expect(withCauses(new Error('x'.repeat(100_000), { cause: new Error('y'.repeat(100_000)) })).length).toBeLessThan(
      4_001,
    );
  });

  test('is followed no further than its text is long', () => {
    let described = 0;
    const nested = (depth: number): Error => {
      const error = new AggregateError(depth === 0 ? [] : Array.from({ length: 5 }, () => nested(depth - 1)));
      return Object.defineProperty(error, 'message', { get: () => `${(described += 1)} ${'x'.repeat(200)}` });
    };
    expect(withCauses(nested(5))).toMatch(/^1 x+; errors: \[2 x+; errors: \[3 /);
    expect(described).toBeLessThan(50);
  });

  test('ends where it comes back to itself', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(withCauses(error)).toBe('a; cause: b; cause: (the same error again)');
  });
});
