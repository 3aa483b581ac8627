import { Controller, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Handler, ReaModule, Service } from '@rea/core';
import {
  getIngressToken,
  Ingress,
  type IngressException,
  IngressHeadersException,
  IngressModule,
  type IngressModuleOptions,
  type IngressServiceClient,
  IngressShutdownException,
  IngressTimeoutException,
  IngressUnavailableException,
  InjectIngress,
  UnknownConnectionError,
} from '@rea/ingress';
import { createTestApp, sharedServer } from '@rea/testing';
import { type Context, iface } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';
import { FakeIngress, json } from './support/fake-ingress.js';

const once = { idempotencyKey: false } as const;

@Service()
class Invoices {
  @Handler()
  async number(_ctx: Context, of: string): Promise<string> {
    return `invoice of ${of}`;
  }
}

/** The same component, elsewhere. */
const remote = iface.service('Invoices', { number: iface.json<string, string>() });

async function ingressOf(options: IngressModuleOptions) {
  const module = await Test.createTestingModule({ imports: [IngressModule.forRoot(options)] }).compile();
  return { ingress: module.get(Ingress), [Symbol.asyncDispose]: () => module.close() };
}

const failureOf = (promised: Promise<unknown>) =>
  promised.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );

describe('A named connection', () => {
  @Injectable()
  class Desk {
    constructor(
      @InjectIngress(Invoices) readonly here: IngressServiceClient<Invoices>,
      @InjectIngress(remote, { connection: 'billing' }) readonly there: IngressServiceClient<typeof remote>,
      @InjectIngress(Invoices, { connection: 'archive' }) readonly archive: IngressServiceClient<Invoices>,
    ) {}
  }

  test.each(['forRoot', 'forRootAsync'] as const)('is injected beside the one without a name: %s', async (method) => {
    await using app = await createTestApp({ providers: [Invoices] });
    await using billing = await FakeIngress.start(json(200, 'billed'));
    const { ingressUrl } = await sharedServer();
    const options = {
      url: ingressUrl,
      namespace: app.namespace,
      headers: { authorization: 'main' },
      connections: {
        billing: { url: billing.url, headers: { authorization: 'billing' } },
        archive: { url: ingressUrl, namespace: app.namespace },
      },
    };
    const definition =
      method === 'forRoot'
        ? IngressModule.forRoot(options)
        : IngressModule.forRootAsync({ useFactory: async () => options });
    const module = await Test.createTestingModule({ imports: [definition], providers: [Desk] }).compile();
    const { here, there, archive } = module.get(Desk);
    expect(await here.call.number('a', once)).toBe('invoice of a');
    expect(await archive.call.number('b', once)).toBe('invoice of b');
    expect(billing.seen).toEqual([]);
    expect(await there.call.number('c', once)).toBe('billed');
    expect(billing.seen).toMatchObject([
      { url: '/Invoices/number', headers: { authorization: 'billing' }, body: '"c"' },
    ]);
    expect(module.get(getIngressToken(Invoices, { connection: 'archive' }), { strict: false })).toBe(archive);
    expect(await module.get(Ingress).connection('archive').service(Invoices).call.number('d', once)).toBe(
      'invoice of d',
    );
    await module.close();
  });

  test('takes nothing of ReaModule with it: neither its namespace nor its headers', async () => {
    await using billing = await FakeIngress.start(json(200, 'billed'));
    const { ingressUrl, adminUrl } = await sharedServer();
    const module = await Test.createTestingModule({
      imports: [
        ReaModule.forRoot({
          server: { ingressUrl, adminUrl, headers: { authorization: 'main' } },
          endpoint: false,
          namespace: 'here',
        }),
        IngressModule.forRoot({ connections: { billing: { url: billing.url } } }),
      ],
    }).compile();
    await module.get(Ingress).connection('billing').service(remote).call.number('x', once);
    expect(billing.seen[0]!.url).toBe('/Invoices/number');
    expect(billing.seen[0]!.headers).not.toHaveProperty('authorization');
    await module.close();
  });

  test.each([
    ['has no named connections', {}],
    ['has: billing', { connections: { billing: { url: 'http://127.0.0.1:1' } } }],
  ])('that is not there stops the start, naming the class and the cure: IngressModule %s', async (has, options) => {
    @Controller()
    class Lost {
      constructor(
        @InjectIngress(Invoices, { connection: 'biling' }) readonly invoices: IngressServiceClient<Invoices>,
      ) {}
    }
    const start = Test.createTestingModule({
      imports: [IngressModule.forRoot({ url: 'http://127.0.0.1:1', ...options })],
      controllers: [Lost],
    }).compile();
    await expect(start).rejects.toBeInstanceOf(UnknownConnectionError);
    await expect(start).rejects.toMatchObject({
      code: 'REA1052',
      message: expect.stringMatching(
        new RegExp(`^REA1052: .* of Lost uses the connection "biling", and IngressModule ${has}`),
      ),
    });
  });

  test('that another application of the process has is no matter of this one', async () => {
    await using own = await ingressOf({ url: 'http://127.0.0.1:1' });
    expect(() => own.ingress.connection('archive')).toThrow(UnknownConnectionError);
  });

  test.each<[string, IngressModuleOptions, string]>([
    ['no url', { connections: { billing: { url: '' } } }, 'connections.billing.url of IngressModule is missing'],
    [
      'no URL at all',
      { url: 'restate:8080' },
      'url of IngressModule is "restate:8080". Set an http:// or https:// URL',
    ],
    ['an admin URL that is none', { adminUrl: '9070' }, 'adminUrl of IngressModule is "9070"'],
    ['a negative timeout', { timeout: -1 }, 'timeout of IngressModule is negative (-1 ms)'],
    ['a timeout that is no number', { timeout: Number.NaN }, 'timeout of IngressModule is NaN'],
    ['no attempts', { retry: { maxAttempts: 0 } }, 'retry.maxAttempts of IngressModule is 0'],
    [
      'a negative interval',
      { connections: { billing: { url: 'http://restate:8080', retry: { maxInterval: -5 } } } },
      'connections.billing.retry.maxInterval of IngressModule is negative (-5 ms)',
    ],
  ])('with %s stops the start', async (_what, options, message) => {
    await expect(ingressOf({ url: 'http://127.0.0.1:1', ...options })).rejects.toMatchObject({
      code: 'REA1001',
      message: expect.stringContaining(message),
    });
  });
});

describe('Headers from a function', () => {
  test('are asked for before each attempt, also asynchronously', async () => {
    await using fake = await FakeIngress.start(json(503, {}), json(200, 'done'));
    let token = 0;
    const headers = async () => ({ authorization: `token ${(token += 1)}` });
    await using own = await ingressOf({ url: fake.url, headers, retry: { initialInterval: 1 } });
    await own.ingress.service(remote).call.number('x', { idempotencyKey: 'k' });
    expect(fake.seen.map(({ headers: seen }) => seen.authorization)).toEqual(['token 1', 'token 2']);
  });

  test('that cannot be obtained are a 503, and nothing is sent', async () => {
    await using fake = await FakeIngress.start(json(200, 'done'));
    const headers = () => Promise.reject(new Error('no token from http://idp.internal'));
    await using own = await ingressOf({ url: fake.url, headers });
    const error: unknown = await own.ingress
      .service(remote)
      .call.number('x', { idempotencyKey: 'k' })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(IngressHeadersException);
    expect(error).toMatchObject({ status: 503, code: 'REA4005', source: 'application' });
    expect((error as Error).message).toContain('idp.internal');
    expect(JSON.stringify((error as IngressHeadersException).getResponse())).not.toContain('idp.internal');
    expect(fake.seen).toEqual([]);
  });

  test('that fail before a repetition do not claim that nothing was sent', async () => {
    await using fake = await FakeIngress.start(json(503, {}));
    let asked = 0;
    const headers = async () => {
      if ((asked += 1) > 1) throw new Error('no token from http://idp.internal');
      return {};
    };
    await using own = await ingressOf({ url: fake.url, headers, retry: { initialInterval: 1 } });
    const error = await failureOf(own.ingress.service(remote).call.number('x', { idempotencyKey: 'k' }));
    expect(error).toBeInstanceOf(IngressUnavailableException);
    expect(error).toMatchObject({ status: 503, code: 'REA4001', message: expect.stringContaining('idp.internal') });
    expect(JSON.stringify((error as IngressException).getResponse())).not.toContain('idp.internal');
    expect(fake.seen).toHaveLength(1);
  });

  test('that fail when it is asked whether there is such a result do not, either', async () => {
    await using fake = await FakeIngress.start(json(404, { message: 'gone', source: 'invocation' }));
    let asked = 0;
    const headers = () => {
      if ((asked += 1) > 1) throw new Error('no token');
      return {};
    };
    await using own = await ingressOf({ url: fake.url, headers });
    expect(await failureOf(own.ingress.service(remote).attach.number('k'))).toMatchObject({ code: 'REA4001' });
  });

  test.each<[string, (ingress: Ingress, bounds: { timeout?: number; signal?: AbortSignal }) => Promise<unknown>]>([
    ['a call', (i, bounds) => i.service(remote).call.number('x', { idempotencyKey: 'k', ...bounds })],
    ['the end of an invocation', (i, bounds) => i.invocation('inv_1').cancel(bounds)],
  ])('that do not come are waited for within the bounds of %s', async (_what, send) => {
    const [url, adminUrl] = ['http://127.0.0.1:1', 'http://127.0.0.1:1'];
    const asked = Promise.withResolvers<void>();
    const headers = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    const own = await ingressOf({ url, adminUrl, headers });
    expect(await failureOf(send(own.ingress, { timeout: 20 }))).toBeInstanceOf(IngressTimeoutException);
    const given = AbortSignal.abort();
    expect(await failureOf(send(own.ingress, { signal: given }))).toBeInstanceOf(IngressTimeoutException);
    const waiting = failureOf(send(own.ingress, {}));
    await asked.promise;
    await own[Symbol.asyncDispose]();
    expect(await waiting).toBeInstanceOf(IngressShutdownException);
  });
});
