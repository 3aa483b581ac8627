import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import { EndpointSecurity, Handler, ReaEndpoint, run, type SecurityOptions, Service } from '@rea/core';
import { createIdentityKey, type IdentityKey, RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

@Service()
class Worker {
  runs = 0;

  @Handler()
  async work(ctx: Context, input: string): Promise<string> {
    await run(ctx, 'effect', () => {
      this.runs += 1;
    });
    await ctx.sleep(1);
    return `${input} done`;
  }
}

/** A request as a platform hands it to a function. */
interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

interface Answered {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

type Serve = (received: Received) => Promise<Answered>;

let key: IdentityKey;
let server: RestateServer;
const open: AsyncDisposable[] = [];
beforeAll(async () => {
  key = await createIdentityKey();
  server = await RestateServer.start({ identityKey: key });
});
afterAll(() => server?.stop());
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function start(security: SecurityOptions = {}): Promise<ReaTestApp> {
  const app = await createTestApp({
    providers: [Worker],
    server,
    rea: { endpoint: { serve: 'manual', security: { identityKeys: [key.publicKey], ...security } } },
  });
  open.push(app);
  return app;
}

/** The platform: an HTTP server in front of the function. Gives its URL and keeps what it received. */
async function platform(serve: Serve): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const front = createServer((request, response) => {
    void readRequest(request).then(async (one) => {
      received.push(one);
      const { status, headers, body } = await serve(one);
      response.writeHead(status, headers).end(body);
    });
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  open.push({
    async [Symbol.asyncDispose]() {
      front.closeAllConnections();
      front.close();
    },
  });
  return { url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`, received };
}

async function readRequest(request: IncomingMessage): Promise<Received> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) if (typeof value === 'string') headers[name] = value;
  return { method: request.method ?? '', path: request.url ?? '', headers, body: await buffer(request) };
}

const fetching =
  (app: ReaTestApp, scheme = 'http'): Serve =>
  async ({ method, path, headers, body }) => {
    const answer = await app.get(ReaEndpoint).fetchHandler()(
      new Request(`${scheme}://localhost${path}`, {
        method,
        headers,
        ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
      }),
    );
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    };
  };

const lambda =
  (app: ReaTestApp, compress = false): Serve =>
  async ({ method, path, headers, body }) => {
    const event = {
      path,
      httpMethod: method,
      headers: compress ? { ...headers, 'Content-Encoding': 'zstd' } : headers,
      body: (compress && body.length > 0 ? zstdCompressSync(body) : body).toString('base64'),
      isBase64Encoded: true,
    };
    const answer = (await app.get(ReaEndpoint).lambdaHandler()(event, {})) as {
      statusCode: number;
      headers: Record<string, string>;
      body: string;
    };
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.from(answer.body, 'base64') };
  };

describe.each<[string, (app: ReaTestApp) => Serve]>([
  ['A fetch handler', fetching],
  ['A Lambda handler', lambda],
  ['A Lambda handler that gets compressed messages', (app) => lambda(app, true)],
])('%s', (_name, runtime) => {
  test('serves signed requests once, and no others', async () => {
    const app = await start();
    const serve = runtime(app);
    const { url, received } = await platform(serve);
    await app.register(url, { http11: true });
    const { call } = app.ingress.service(Worker);
    await expect(call.work('x', { idempotencyKey: 'k' })).resolves.toBe('x done');
    const { runs } = app.get(Worker);
    const invocations = received.filter(({ path }) => path.includes('/invoke/'));
    expect(invocations.length).toBeGreaterThanOrEqual(2);

    for (const one of invocations) {
      expect((await serve(one)).status).toBe(409);
      const { 'x-restate-jwt-v1': _token, ...headers } = one.headers;
      const answer = await serve({ ...one, headers });
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.body.toString())).toEqual({ message: 'REA6020: unsigned' });
    }
    expect(app.get(Worker).runs).toBe(runs);
    expect(app.get(EndpointSecurity).counts()).toEqual({ replayed: invocations.length, unsigned: invocations.length });
  });
});

test('A fetch handler knows HTTPS by the URL', async () => {
  const app = await start({ requireHttps: true });
  const health = { method: 'GET', path: '/health', headers: {}, body: Buffer.alloc(0) };
  const discover = { ...health, path: '/discover' };
  expect((await fetching(app)(discover)).status).toBe(403);
  expect((await fetching(app, 'https')(discover)).status).toBe(401);
  expect((await fetching(app)(health)).status).toBe(200);
  expect((await lambda(app)(discover)).status).toBe(401);
});
