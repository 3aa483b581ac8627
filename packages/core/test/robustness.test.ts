import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import {
  AdminUnreachableError,
  EndpointListenError,
  Handler,
  ReaModule,
  ReaRuntime,
  run,
  Service,
  Shared,
  VirtualObject,
} from '@rea/core';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import { Test } from '@nestjs/testing';
import type { Context, ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { request as h2Request } from './security/support/h2-request.js';
import { replaysAlways } from './support/test-mode.js';

const MIB = 1024 * 1024;

/** Nothing waits there: these large and slow messages are the same on a server that always replays. */
const SAME = 'the same on any server';

@Service()
class Text {
  @Handler()
  async length(_ctx: Context, text: string): Promise<number> {
    return text.length;
  }

  @Handler()
  async kind(_ctx: Context, input: unknown): Promise<string> {
    return typeof input;
  }

  @Handler()
  async nothing(_ctx: Context): Promise<string> {
    return 'nothing needed';
  }

  @Handler({ retryPolicy: { initialInterval: 10, maxAttempts: 2, onMaxAttempts: 'kill' } })
  async flood(_ctx: Context, mebibytes: number): Promise<string> {
    return 'x'.repeat(mebibytes * MIB);
  }

  @Handler({ retryPolicy: { initialInterval: 10, maxAttempts: 2, onMaxAttempts: 'kill' } })
  async floodRun(ctx: Context, mebibytes: number): Promise<number> {
    return (await run(ctx, 'flood', () => 'x'.repeat(mebibytes * MIB))).length;
  }
}

@VirtualObject()
class Box {
  @Handler()
  async put(ctx: ObjectContext, value: number): Promise<number> {
    ctx.set('value', value);
    return ctx.key.length;
  }

  @Handler()
  async fill(ctx: ObjectContext, name: string): Promise<void> {
    ctx.set(name, 'x'.repeat(17 * MIB));
  }

  @Shared()
  async look(ctx: ObjectSharedContext): Promise<number> {
    return (await ctx.get<number>('value')) ?? 0;
  }
}

let app: ReaTestApp;
let ingressUrl: string;
beforeAll(async () => {
  app = await createTestApp({ providers: [Text, Box] });
  ({ ingressUrl } = await sharedServer());
});
afterAll(() => app?.close());

/** The next request works, and at once. */
async function expectItServes(): Promise<void> {
  expect(await app.ingress.service(Text).call.length('four', { idempotencyKey: false, timeout: 5_000 })).toBe(4);
}

describe('A message that is too large', () => {
  test.for(['flood', 'floodRun'] as const)(
    'for the server, from %s, fails that invocation only',
    async (handler, context) => {
      context.skip(replaysAlways(context), SAME);
      const call = app.ingress.service(Text).call[handler];
      await expect(call(33, { idempotencyKey: false, timeout: 20_000 })).rejects.toMatchObject({
        status: expect.any(Number),
      });
      for (let round = 0; round < 5; round += 1) await expectItServes();
    },
  );

  test('almost, to the endpoint, is served, and so are the next', async (context) => {
    context.skip(replaysAlways(context), SAME);
    const text = 'x'.repeat(30 * MIB);
    expect(await app.ingress.service(Text).call.length(text, { idempotencyKey: false })).toBe(30 * MIB);
    for (let round = 0; round < 5; round += 1) await expectItServes();
  });

  test('to the endpoint, of all the state of an object, hurts that object and no other', async (context) => {
    context.skip(replaysAlways(context), SAME);
    const full = app.ingress.object(Box).of('full').call;
    await full.fill('a', { idempotencyKey: false });
    await full.fill('b', { idempotencyKey: false });
    // Restate cannot deliver to this object any more, and tries again and again.
    await full.look(undefined, { timeout: 1_000 }).catch(() => undefined);
    for (let round = 0; round < 5; round += 1) {
      await expectItServes();
      expect(await app.ingress.object(Box).of(`other-${round}`).call.look(undefined, { timeout: 5_000 })).toBe(0);
    }
    for (const { id, status } of await app.invocations('Box')) if (status !== 'completed') await app.kill(id);
  });

  test('to what is no path of the endpoint is 404', async () => {
    for (const path of ['//', '///', '/\\']) {
      const answer = await h2Request(app.get(ReaRuntime).endpointUrl!, { ':method': 'POST', ':path': path });
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });

  test('to the endpoint leaves the connection that it came on usable', async () => {
    // As patient as the server is: the limit under test is that of the endpoint.
    const session = connectHttp2(app.get(ReaRuntime).endpointUrl!, { maxSessionMemory: 1_000 });
    const sessionEnd = once(session, 'error').then(([error]) => `the session ended: ${String(error)}`);
    try {
      const request = session.request({
        ':method': 'POST',
        ':path': `/invoke/${app.namespace}.Text/length`,
        'content-type': 'application/vnd.restate.invocation.v6',
      });
      // A frame that announces a start message of 40 MiB, and its body.
      const header = Buffer.alloc(8);
      header.writeUInt32BE(40 * MIB, 4);
      request.on('error', () => {});
      request.write(header);
      request.end(Buffer.alloc(40 * MIB));
      request.resume();
      await Promise.race([once(request, 'close'), sessionEnd]);
      const health = session.request({ ':path': '/health' });
      const status = once(health, 'response').then(([headers]) => (headers as Record<string, unknown>)[':status']);
      expect(await Promise.race([status, sessionEnd])).toBe(200);
      health.close();
    } finally {
      session.destroy();
    }
    await expectItServes();
  });
});

describe('A request straight to the ingress', () => {
  const json = { 'content-type': 'application/json' };
  test.each<[string, string, RequestInit, number, RegExp]>([
    ['with malformed JSON', 'Text/length', { headers: json, body: '{oops' }, 400, /deserialize.*JSON/i],
    ['with nothing for an input', 'Text/kind', { headers: json, body: '' }, 200, /undefined/],
    [
      'with another content type',
      'Text/length',
      { headers: { 'content-type': 'text/plain' }, body: 'x' },
      400,
      /'text\/plain' does not match/,
    ],
    ['to an unknown handler', 'Text/nope', { headers: json, body: '1' }, 404, /handler 'nope' was not found/],
    ['to an unknown component', 'Nope/length', { headers: json, body: '1' }, 404, /Nope' not found/],
    ['to an object without its key', 'Box/put', { headers: json, body: '1' }, 400, /./],
    ['to an object with an empty key', 'Box//put', { headers: json, body: '1' }, 200, /^0$/],
    ['with a key of 300 characters', `Box/${'k'.repeat(300)}/put`, { headers: json, body: '1' }, 200, /^300$/],
    ['with an escaped key', 'Box/a%2Fb%20c/put', { headers: json, body: '1' }, 200, /^5$/],
    ['to a handler without input, with none', 'Text/nothing', {}, 200, /nothing needed/],
  ])('%s has a clear answer, and the next works', async (_what, path, init, status, text) => {
    const response = await fetch(`${ingressUrl}/${app.namespace}.${path}`, {
      method: 'POST',
      ...init,
      signal: AbortSignal.timeout(5_000),
    });
    expect(response.status).toBe(status);
    const answer = await response.text();
    expect(answer).toMatch(text);
    expect(answer).not.toMatch(/node_modules|\bat .*\.[jt]s:\d/);
    await expectItServes();
  });
});

describe('An application that cannot start', () => {
  const cleanUps: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  });

  async function listener(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  async function closedPort(): Promise<number> {
    const port = await listener();
    await cleanUps.pop()?.();
    return port;
  }

  test('because the port of its endpoint is taken says so at once, with the port', async () => {
    const port = await listener();
    const began = performance.now();
    const error = await createTestApp({ providers: [Text], rea: { endpoint: { port } } }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(EndpointListenError);
    expect(error).toMatchObject({ code: 'REA6006', message: expect.stringContaining(`127.0.0.1:${port}`) });
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test('because the admin API does not answer says so within registration.timeout, and can be closed', async () => {
    const [adminPort, port] = [await closedPort(), await closedPort()];
    const module = await Test.createTestingModule({
      imports: [
        ReaModule.forRoot({
          server: { ingressUrl, adminUrl: `http://127.0.0.1:${adminPort}` },
          endpoint: { port, host: '127.0.0.1' },
          registration: { timeout: 800 },
        }),
      ],
      providers: [Text],
    }).compile();
    const nest = module.createNestApplication();
    const began = performance.now();
    const error = await nest.init().catch((caught: unknown) => caught);
    const took = performance.now() - began;
    expect(error).toBeInstanceOf(AdminUnreachableError);
    expect(error).toMatchObject({ code: 'REA6001', message: expect.stringContaining(`127.0.0.1:${adminPort}`) });
    expect(took).toBeLessThan(800 + 700);
    await nest.close();
    // The port of the endpoint is free again.
    const again = createServer().listen(port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
  });
});
