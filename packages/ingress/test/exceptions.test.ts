import { once as event } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Controller, Get, HttpException, NotFoundException, Query } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ERROR_METADATA, Handler, Service, VirtualObject } from '@rea/core';
import {
  Ingress,
  IngressException,
  IngressModule,
  type IngressModuleOptions,
  type IngressObjectClient,
  IngressRefusedException,
  type IngressServiceClient,
  IngressTimeoutException,
  IngressUnavailableException,
  InjectIngress,
  InvalidKeyException,
  InvocationFailedException,
} from '@rea/ingress';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import { type Context, iface, type ObjectContext, serde, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../core/test/support/eventually.js';

const Line = z.object({ sku: z.string().min(1), quantity: z.int().positive() });
type Line = z.infer<typeof Line>;

@Service()
class Shop {
  attempts = 0;

  @Handler()
  async refuse(_ctx: Context, message: string): Promise<string> {
    throw new TerminalError(message, { errorCode: 418, metadata: { reason: 'teapot' } });
  }

  @Handler()
  async foreign(_ctx: Context): Promise<string> {
    throw new TerminalError('no tea', { errorCode: 418, metadata: { [ERROR_METADATA.details]: 'see the manual' } });
  }

  @Handler()
  async find(_ctx: Context, id: string): Promise<string> {
    throw new NotFoundException(`no order ${id}`);
  }

  @Handler({ input: Line })
  async add(_ctx: Context, line: Line): Promise<number> {
    return line.quantity;
  }

  @Handler({ retryPolicy: { initialInterval: 10, maxAttempts: 2, onMaxAttempts: 'kill' } })
  async broken(_ctx: Context): Promise<string> {
    this.attempts += 1;
    throw new TypeError('cannot read the secret plan');
  }

  @Handler()
  async nap(ctx: Context, milliseconds: number): Promise<string> {
    await ctx.sleep(milliseconds);
    return 'rested';
  }

  @Handler()
  async length(_ctx: Context, text: string): Promise<number> {
    return text.length;
  }
}

@VirtualObject()
class Cart {
  @Handler()
  async view(ctx: ObjectContext): Promise<string> {
    return ctx.key;
  }
}

/** What the application does not serve. */
const outdated = iface.service('Shop', { retired: iface.json<string, string>() });
const elsewhere = iface.service('Nowhere', { anything: iface.json<string, string>() });

const once = { idempotencyKey: false } as const;

@Controller()
class Front {
  constructor(
    @InjectIngress(Shop) private readonly shop: IngressServiceClient<Shop>,
    @InjectIngress(Cart) private readonly carts: IngressObjectClient<Cart>,
    @InjectIngress(outdated) private readonly retiredShop: IngressServiceClient<typeof outdated>,
  ) {}

  @Get('refuse')
  refuse() {
    return this.shop.call.refuse('no tea', once);
  }

  @Get('find')
  find() {
    return this.shop.call.find('7', once);
  }

  @Get('add')
  add() {
    return this.shop.call.add({ sku: '', quantity: 1.5 }, once);
  }

  @Get('broken')
  broken() {
    return this.shop.call.broken(undefined, once);
  }

  @Get('nap')
  nap() {
    return this.shop.call.nap(60_000, { ...once, timeout: 50 });
  }

  @Get('retired')
  retired() {
    return this.retiredShop.call.retired('x', once);
  }

  @Get('cart')
  cart(@Query('key') key: string) {
    return this.carts.of(key).call.view(undefined, once);
  }
}

let app: ReaTestApp;
let front: string;
beforeAll(async () => {
  app = await createTestApp({ providers: [Shop, Cart], controllers: [Front] });
  await app.app.listen(0, '127.0.0.1');
  front = await app.app.getUrl();
});
afterAll(() => app?.close());

const shop = () => app.ingress.service(Shop);

async function get(path: string): Promise<{ status: number; body: unknown; text: string }> {
  const response = await fetch(`${front}${path}`);
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), text };
}

/** What was thrown; it has to be an exception that Nest can answer with. */
async function thrown(promised: Promise<unknown>): Promise<IngressException> {
  const error = await promised.then(
    (value) => ({ resolved: value }),
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(IngressException);
  expect(error).toBeInstanceOf(HttpException);
  return error as IngressException;
}

async function closedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await event(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await event(probe, 'close');
  return port;
}

/** Clients of another process: one that serves nothing and has no `ReaModule`. */
async function callerWith(options: IngressModuleOptions) {
  const module = await Test.createTestingModule({ imports: [IngressModule.forRoot(options)] }).compile();
  const contract = iface.service(`${app.namespace}.Shop`, {
    nap: iface.json<number, string>(),
    length: iface.json<string, number>(),
  });
  return { shop: module.get(Ingress).service(contract), close: () => module.close() };
}

describe('A handler that fails', () => {
  test('is told as InvocationFailedException, with status, message and metadata', async () => {
    const error = await thrown(shop().call.refuse('no tea', once));
    expect(error).toBeInstanceOf(InvocationFailedException);
    expect(error).toMatchObject({ status: 418, message: 'no tea', metadata: { reason: 'teapot' } });
    expect(error.getResponse()).toEqual({ statusCode: 418, message: 'no tea' });
  });

  test('keeps its status and message when its metadata has no JSON for details', async () => {
    const error = await thrown(shop().call.foreign(undefined, once));
    expect(error).toBeInstanceOf(InvocationFailedException);
    expect(error.getResponse()).toEqual({ statusCode: 418, message: 'no tea' });
  });

  test('gives its status and message to the HTTP client, and its metadata to nobody', async () => {
    expect(await get('/refuse')).toMatchObject({ status: 418, body: { statusCode: 418, message: 'no tea' } });
    expect((await get('/refuse')).text).not.toContain('teapot');
    expect(await get('/find')).toMatchObject({ status: 404, body: { statusCode: 404, message: 'no order 7' } });
  });

  test('with an invalid input gives code and fields to the HTTP client', async () => {
    const { status, body } = await get('/add');
    expect(status).toBe(400);
    expect(body).toEqual({
      statusCode: 400,
      code: 'REA2010',
      message: expect.stringContaining('The input of Shop/add'),
      details: [
        { path: 'sku', message: expect.any(String) },
        { path: 'quantity', message: expect.any(String) },
      ],
    });
  });

  test('and is killed after its attempts is a 500 without its stack trace', async () => {
    const before = app.get(Shop).attempts;
    const { status, body, text } = await get('/broken');
    expect(app.get(Shop).attempts).toBe(before + 2);
    expect(status).toBe(500);
    expect(body).toMatchObject({ statusCode: 500, message: expect.stringContaining('cannot read the secret plan') });
    expect(text).not.toMatch(/\bat |\.ts\b|\.js\b|node_modules/);
    const error = await thrown(shop().call.broken(undefined, once));
    expect(error).toBeInstanceOf(InvocationFailedException);
    expect(error.message).not.toMatch(/\n|\.ts\b/);
  });
});

describe('A request that the ingress refuses', () => {
  test.each<[string, number, () => Promise<unknown>, RegExp]>([
    [
      'an unknown handler',
      404,
      () => app.ingress.service(outdated).call.retired('x', once),
      /handler 'retired' was not found/,
    ],
    ['an unknown component', 404, () => app.ingress.service(elsewhere).call.anything('x', once), /Nowhere' not found/],
    [
      'another content type',
      400,
      () => shop().call.length(new Uint8Array([1]) as never, { ...once, input: serde.binary as never }),
      /octet-stream/,
    ],
  ])('is an IngressRefusedException: %s', async (_what, status, send, message) => {
    const error = await thrown(send());
    expect(error).toBeInstanceOf(IngressRefusedException);
    expect(error).not.toBeInstanceOf(InvocationFailedException);
    expect(error).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  test('is answered to the HTTP client with its status', async () => {
    expect(await get('/retired')).toMatchObject({ status: 404, body: { statusCode: 404 } });
  });
});

describe('An object key', () => {
  test.each([
    ['that is empty', '', /is empty/],
    ['of 257 characters', 'k'.repeat(257), /257 characters/],
    ['with a control character', 'a\nb', /control characters/],
    ['that a URL would take for a path', '..', /path/],
  ])('%s is a 400 for the HTTP client, and nothing is sent', async (_what, key, message) => {
    const before = (await app.invocations('Cart')).length;
    expect(() => app.ingress.object(Cart).of(key)).toThrow(InvalidKeyException);
    const { status, body } = await get(`/cart?key=${encodeURIComponent(key)}`);
    expect(status).toBe(400);
    expect(body).toEqual({ statusCode: 400, code: 'REA3001', message: expect.stringMatching(message) });
    expect(await app.invocations('Cart')).toHaveLength(before);
  });

  test('that was left out of the request is a 400 for the HTTP client', async () => {
    expect(await get('/cart')).toMatchObject({ status: 400, body: { code: 'REA3001' } });
  });

  test('of 256 characters is accepted', async () => {
    const key = 'k'.repeat(256);
    expect(await app.ingress.object(Cart).of(key).call.view(undefined, once)).toBe(key);
  });
});

describe('An answer that does not come in time', () => {
  test("is an IngressTimeoutException at the call's timeout, and the invocation goes on", async () => {
    const idempotencyKey = 'slow';
    const error = await thrown(shop().call.nap(1_500, { idempotencyKey, timeout: 200 }));
    expect(error).toBeInstanceOf(IngressTimeoutException);
    expect(error).toMatchObject({ status: 504, message: expect.stringMatching(/^REA4002: Shop call\.nap /) });
    expect(await shop().call.nap(1_500, { idempotencyKey })).toBe('rested');
    const rows = await app.query(
      `select id from sys_invocation where idempotency_key = 'slow' and target_service_name = '${app.namespace}.Shop'`,
    );
    expect(rows).toHaveLength(1);
  });

  test('is a 504 with its code for the HTTP client', async () => {
    const { status, body } = await get('/nap');
    expect(status).toBe(504);
    expect(body).toEqual({
      statusCode: 504,
      code: 'REA4002',
      message: expect.stringMatching(/^REA4002: Restate did not /),
    });
  });

  test("is an IngressTimeoutException at the module's timeout, unless the call has its own", async () => {
    const { ingressUrl } = await sharedServer();
    const caller = await callerWith({ url: ingressUrl, timeout: 200 });
    try {
      const began = performance.now();
      expect(await thrown(caller.shop.call.nap(20_000, once))).toBeInstanceOf(IngressTimeoutException);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(await caller.shop.call.nap(400, { ...once, timeout: 20_000 })).toBe('rested');
    } finally {
      await caller.close();
    }
  });

  test('is an IngressTimeoutException when its signal is aborted, and the invocation goes on', async () => {
    const controller = new AbortController();
    const waiting = thrown(shop().call.nap(500, { idempotencyKey: 'aborted', signal: controller.signal }));
    const row = () =>
      app.query<{ status: string }>(
        `select status from sys_invocation where idempotency_key = 'aborted' and target_service_name = '${app.namespace}.Shop'`,
      );
    await eventually(async () => expect(await row()).toHaveLength(1));
    controller.abort();
    expect(await waiting).toBeInstanceOf(IngressTimeoutException);
    await eventually(async () => expect(await row()).toEqual([{ status: 'completed' }]));
  });

  test('of a signal that was aborted before is not asked for', async () => {
    const before = (await app.invocations('Shop')).length;
    const error = await thrown(shop().call.length('x', { ...once, signal: AbortSignal.abort() }));
    expect(error).toBeInstanceOf(IngressTimeoutException);
    expect(await app.invocations('Shop')).toHaveLength(before);
  });
});

describe('An ingress that does not answer', () => {
  test('is an IngressUnavailableException, which names the URL and says that the handler may have run', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const caller = await callerWith({ url, retry: false });
    try {
      for (const send of [
        () => caller.shop.call.length('x', once),
        () => caller.shop.call.length('x', { idempotencyKey: 'k' }),
        () => caller.shop.send.length('x', once),
      ]) {
        const error = await thrown(send());
        expect(error).toBeInstanceOf(IngressUnavailableException);
        expect(error).toMatchObject({
          status: 503,
          message: expect.stringMatching(/^REA4001: .*ECONNREFUSED.*may have run/),
        });
        expect(error.message).toContain(url);
        expect(error.getResponse()).toMatchObject({ statusCode: 503, code: 'REA4001' });
      }
    } finally {
      await caller.close();
    }
  });

  test('that drops the connection is an IngressUnavailableException', async () => {
    const dropper = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await event(dropper, 'listening');
    const caller = await callerWith({
      url: `http://127.0.0.1:${(dropper.address() as AddressInfo).port}`,
      retry: false,
    });
    try {
      expect(await thrown(caller.shop.call.length('x', once))).toBeInstanceOf(IngressUnavailableException);
    } finally {
      await caller.close();
      dropper.close();
    }
  });

  test('is asked again by default, when the request has an idempotency key, and only then', async () => {
    let requests = 0;
    const dropper = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        if (!data.toString('latin1').startsWith('POST ')) return socket.end('HTTP/1.1 400 No HTTP/2\r\n\r\n');
        requests += 1;
        return socket.destroy();
      });
    }).listen(0, '127.0.0.1');
    await event(dropper, 'listening');
    const caller = await callerWith({ url: `http://127.0.0.1:${(dropper.address() as AddressInfo).port}` });
    try {
      await thrown(caller.shop.call.length('x', once));
      expect(requests).toBe(1);
      const controller = new AbortController();
      const waiting = thrown(caller.shop.call.length('x', { idempotencyKey: 'k', signal: controller.signal }));
      await eventually(() => expect(requests).toBeGreaterThanOrEqual(3));
      controller.abort();
      await waiting;
    } finally {
      await caller.close();
      dropper.close();
    }
  });
});

describe('A message of 40 MB', () => {
  test('is an error, and the next request works', async () => {
    const huge = 'x'.repeat(40 * 1024 * 1024);
    const error = await thrown(shop().call.length(huge, once));
    expect(error.getStatus()).toBeGreaterThanOrEqual(400);
    expect(await shop().call.length('small', once)).toBe(5);
    expect(await shop().call.length('x'.repeat(1024 * 1024), once)).toBe(1024 * 1024);
  });
});
