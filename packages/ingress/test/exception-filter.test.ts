import { Controller, Get, Logger, Param } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Handler, Service } from '@rea/core';
import {
  Ingress,
  IngressExceptionFilter,
  type IngressServiceClient,
  InjectIngress,
  InvalidKeyException,
} from '@rea/ingress';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, iface, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { drop, FakeIngress, json } from './support/fake-ingress.js';

@Service()
class Till {
  @Handler()
  async decline(_ctx: Context): Promise<string> {
    throw new TerminalError('card declined', { errorCode: 402, metadata: { account: 'acc-7' } });
  }

  @Handler({ input: z.object({ amount: z.int() }) })
  async pay(_ctx: Context, payment: { amount: number }): Promise<number> {
    return payment.amount;
  }

  @Handler({ output: z.object({ ledger: z.int() }) })
  async balance(_ctx: Context): Promise<{ ledger: number }> {
    return { ledger: 0.5 };
  }

  @Handler()
  async fail(_ctx: Context, errorCode: number): Promise<string> {
    throw new TerminalError('no route to db-1.internal:5432', { errorCode });
  }

  @Handler({ retryPolicy: { initialInterval: 1, maxAttempts: 1, onMaxAttempts: 'kill' } })
  async broken(_ctx: Context): Promise<string> {
    throw new TypeError('cannot reach db-1.internal:5432');
  }

  @Handler()
  async nap(ctx: Context): Promise<void> {
    await ctx.sleep(60_000);
  }

  /** What the filter sees inside a handler, too. */
  @Handler()
  async wrongKey(_ctx: Context): Promise<string> {
    throw new InvalidKeyException('the key is empty');
  }
}

const gone = iface.service('Gone', { anything: iface.json<string, string>() });
const once = { idempotencyKey: false } as const;

/** How each request goes wrong. */
type Deed = (front: Front) => Promise<unknown>;
const deeds: Record<string, Deed> = {
  decline: ({ till }) => till.call.decline(undefined, once),
  invalid: ({ till }) => till.call.pay({ amount: 1.5 }, once),
  'bad-output': ({ till }) => till.call.balance(undefined, once),
  'no-key': ({ till }) => till.call.pay({ amount: 1 }),
  'bad-key': ({ ingress }) => ingress.generic('Till').of('').call('pay'),
  gone: ({ ingress }) => ingress.service(gone).call.anything('x', once),
  busy: ({ ingress }) => ingress.connection('busy').service(gone).call.anything('x', once),
  'failed-500': ({ till }) => till.call.fail(500, once),
  'failed-503': ({ till }) => till.call.fail(503, once),
  broken: ({ till }) => till.call.broken(undefined, once),
  misuse: ({ till }) => (till.call as unknown as Record<string, () => Promise<unknown>>)['nothing']!(),
  unreadable: ({ ingress }) => ingress.connection('odd').service(gone).call.anything('x', once),
  proxy: ({ ingress }) => ingress.connection('proxy').service(gone).call.anything('x', once),
  down: ({ ingress }) => ingress.connection('down').service(gone).call.anything('x', once),
  dropped: ({ ingress }) => ingress.connection('dropped').service(gone).call.anything('x', once),
  credentials: ({ ingress }) => ingress.connection('credentials').service(gone).call.anything('x', once),
  nap: ({ till }) => till.call.nap(undefined, { ...once, timeout: 30 }),
  'wrong-key': ({ till }) => till.call.wrongKey(undefined, once),
};

@Controller()
class Front {
  constructor(
    @InjectIngress(Till) readonly till: IngressServiceClient<Till>,
    readonly ingress: Ingress,
  ) {}

  @Get('do/:deed')
  fail(@Param('deed') deed: string) {
    return deeds[deed]!(this);
  }
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const)('The exception filter on %s', (_platform, adapter) => {
  let app: ReaTestApp;
  let url: string;
  const fakes: FakeIngress[] = [];
  const logged: string[] = [];

  beforeAll(async () => {
    const answering = async (...answers: Parameters<typeof FakeIngress.start>) => {
      const fake = await FakeIngress.start(...answers);
      fakes.push(fake);
      return fake.url;
    };
    const connections = {
      busy: { url: await answering(json(429, { message: 'queue of node-3.internal is full', source: 'ingress' })) },
      odd: { url: await answering((response) => response.end('<html>node-3.internal')) },
      proxy: { url: await answering((response) => response.writeHead(502).end('node-3.internal is down')) },
      dropped: { url: await answering(drop) },
      down: { url: 'http://127.0.0.1:1' },
      credentials: {
        url: 'http://127.0.0.1:1',
        headers: () => Promise.reject(new Error('idp.internal:443 said no')),
      },
    };
    app = await createTestApp({
      providers: [Till, { provide: APP_FILTER, useClass: IngressExceptionFilter }],
      controllers: [Front],
      httpAdapter: adapter(),
      rea: { policy: { mode: 'warn', rules: { 'missing-key': 'strict' } } },
      ingress: { connections },
    });
    await app.app.listen(0, '127.0.0.1');
    url = await app.app.getUrl();
    vi.spyOn(Logger.prototype, 'error').mockImplementation((line: unknown) => void logged.push(String(line)));
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await app?.close();
    for (const fake of fakes) await fake[Symbol.asyncDispose]();
  });

  test.each<[string, number, object]>([
    ['decline', 402, { statusCode: 402, message: 'card declined' }],
    [
      'invalid',
      400,
      {
        statusCode: 400,
        code: 'REA2010',
        message: expect.stringContaining('The input of Till/pay'),
        details: [{ path: 'amount', message: expect.any(String) }],
      },
    ],
    ['bad-output', 500, { statusCode: 500, code: 'REA2010', message: 'Internal Server Error' }],
    ['no-key', 400, { statusCode: 400, code: 'REA2003', message: expect.stringContaining('REA2003') }],
    ['bad-key', 400, { statusCode: 400, code: 'REA3001', message: expect.stringContaining('is empty') }],
    ['wrong-key', 400, { statusCode: 400, message: 'the key is empty' }],
    ['gone', 404, { statusCode: 404, message: 'Not Found' }],
    ['busy', 429, { statusCode: 429, message: 'Too Many Requests' }],
    ['failed-500', 500, { statusCode: 500, message: 'Internal Server Error' }],
    ['failed-503', 503, { statusCode: 503, message: 'Service Unavailable' }],
    ['broken', 500, { statusCode: 500, message: 'Internal Server Error' }],
    ['misuse', 500, { statusCode: 500, code: 'REA3002', message: 'Internal Server Error' }],
    [
      'unreadable',
      502,
      { statusCode: 502, code: 'REA4007', message: expect.stringContaining('not in the expected format') },
    ],
    ['proxy', 502, { statusCode: 502, message: 'The request to Restate was refused with status 502.' }],
    ['down', 503, { statusCode: 503, code: 'REA4001', message: expect.stringContaining('may have run') }],
    ['dropped', 503, { statusCode: 503, code: 'REA4001', message: expect.stringContaining('may have run') }],
    ['credentials', 503, { statusCode: 503, code: 'REA4005', message: expect.stringContaining('nothing was sent') }],
    ['nap', 504, { statusCode: 504, code: 'REA4002', message: expect.stringMatching(/^REA4002: Restate did not /) }],
  ])('answers %s with %i, and tells nothing of the inside', async (deed, status, body) => {
    logged.length = 0;
    const response = await fetch(`${url}/do/${deed}`);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(JSON.parse(text)).toEqual(body);
    expect(text).not.toMatch(/internal:|\.internal|127\.0\.0\.1|\bat |\.[jt]s\b|node_modules|acc-7/);
    const own = logged.filter((line) => /\[\w+\]$/.test(line));
    expect(own).toHaveLength(status >= 500 ? 1 : 0);
  });

  test('logs what it does not tell', async () => {
    logged.length = 0;
    await fetch(`${url}/do/down`);
    await fetch(`${url}/do/proxy`);
    await fetch(`${url}/do/broken`);
    expect(logged.join('\n')).toMatch(
      /127\.0\.0\.1:1 does not answer[^]*node-3\.internal is down[^]*db-1\.internal:5432/,
    );
  });
});
