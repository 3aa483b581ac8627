import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Context } from '@restatedev/restate-sdk';
import { EndpointNotReadyError, Handler, ReaEndpoint, ReaEvents, run, Service } from '@rea/core';
import { createTestApp, type ReaTestApp, type TestAppOptions } from '@rea/testing';
import { afterEach, describe, expect, test } from 'vitest';

@Service()
class Worker {
  failures = 0;
  runs = 0;

  /** One retry and one suspension, each of which must not repeat the run. */
  @Handler()
  async work(ctx: Context, input: string): Promise<string> {
    const done = await run(ctx, 'effect', () => {
      this.runs += 1;
      return `${input} done`;
    });
    this.failures += 1;
    if (this.failures === 1) throw new Error('fails once');
    await ctx.sleep(10);
    return done;
  }
}

@Controller()
class Front {
  @Get('hello')
  hello(): string {
    return 'hello';
  }
}

const apps: ReaTestApp[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function start(options: TestAppOptions): Promise<ReaTestApp> {
  const app = await createTestApp({ providers: [Worker], controllers: [Front], ...options });
  apps.push(app);
  return app;
}

/** Resolves when the endpoint has been registered. */
function registered(app: ReaTestApp): Promise<void> {
  return new Promise((resolve) => app.get(ReaEvents).on('registered', () => resolve()));
}

async function expectItWorks(app: ReaTestApp): Promise<void> {
  expect(await app.ingress.service(Worker).call.work('x', { idempotencyKey: 'k' })).toBe('x done');
  const { failures, runs } = app.get(Worker);
  expect(failures).toBeGreaterThanOrEqual(2);
  expect(runs).toBe(1);
}

describe('mounted into the HTTP front', () => {
  const mounted = { endpoint: { serve: 'mounted', path: '/durable' } } as const;
  const prefixed = (app: INestApplication) => app.setGlobalPrefix('api');

  test('on Express, behind a global prefix and body parsers, with retry and suspension', async () => {
    const app = await start({ rea: mounted, configure: prefixed });
    const ready = registered(app);
    await app.app.listen(0, '127.0.0.1');
    await ready;
    await expectItWorks(app);
    const url = await app.app.getUrl();
    expect(await (await fetch(`${url}/api/hello`)).text()).toBe('hello');
    expect((await fetch(`${url}/durable/nothing`)).status).toBe(404);
  });

  test('on Express, when a body parser has consumed the request', async () => {
    const app = await start({
      rea: mounted,
      configure: (nest) => {
        const adapter = nest.getHttpAdapter() as unknown as {
          useBodyParser(type: string, raw: boolean, options: object): void;
        };
        adapter.useBodyParser('raw', false, { type: '*/*', limit: '10mb' });
      },
    });
    const ready = registered(app);
    await app.app.listen(0, '127.0.0.1');
    await ready;
    await expectItWorks(app);
  });

  test('on Fastify, behind a global prefix, with retry and suspension', async () => {
    const app = await start({ rea: mounted, configure: prefixed, httpAdapter: new FastifyAdapter() });
    const ready = registered(app);
    await app.app.listen(0, '127.0.0.1');
    await ready;
    await expectItWorks(app);
    expect(await (await fetch(`${await app.app.getUrl()}/api/hello`)).text()).toBe('hello');
  });
});

describe('handlers for other runtimes', () => {
  /** A small HTTP server in front of a handler, as a platform would have. */
  async function serve(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<string> {
    const server = createServer((request, response) => void handle(request, response));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function bodyOf(request: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  const entries = (request: IncomingMessage) =>
    Object.entries(request.headers).flatMap(([key, value]): [string, string][] =>
      typeof value === 'string' ? [[key, value]] : [],
    );

  test('a fetch handler, with retry and suspension', async () => {
    const app = await start({ rea: { endpoint: { serve: 'manual' } } });
    const handler = app.get(ReaEndpoint).fetchHandler();
    const url = await serve(async (request, response) => {
      const body = await bodyOf(request);
      const answer = await handler(
        new Request(`http://localhost${request.url}`, {
          method: request.method ?? 'POST',
          headers: entries(request),
          ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
        }),
      );
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    await app.register(url, { http11: true });
    await expectItWorks(app);
  });

  test('a Lambda handler, with retry and suspension', async () => {
    const app = await start({ rea: { endpoint: { serve: 'manual' } } });
    const handler = app.get(ReaEndpoint).lambdaHandler();
    const url = await serve(async (request, response) => {
      const body = await bodyOf(request);
      const event = {
        path: request.url,
        httpMethod: request.method,
        headers: Object.fromEntries(entries(request)),
        body: body.toString('base64'),
        isBase64Encoded: true,
      };
      const answer = (await handler(event, {})) as {
        statusCode: number;
        headers: Record<string, string>;
        body: string;
        isBase64Encoded: boolean;
      };
      response.writeHead(answer.statusCode, answer.headers);
      response.end(Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'));
    });
    await app.register(url, { http11: true });
    await expectItWorks(app);
  });

  test('asking before the start is an error that says so', async () => {
    const app = await start({ providers: [] });
    expect(() => app.get(ReaEndpoint).fetchHandler()).toThrow(EndpointNotReadyError);
  });
});

describe('parts of an application', () => {
  test('a client-only one serves nothing and calls the components of another', async () => {
    const worker = await start({});
    const front = await start({ rea: { endpoint: false, namespace: worker.namespace } });
    expect(await front.ingress.service(Worker).call.work('x', { idempotencyKey: 'k' })).toBe('x done');
    expect(front.get(Worker).runs).toBe(0);
  });

  test('a worker-only one has no HTTP front', async () => {
    const app = await start({ controllers: [] });
    await expectItWorks(app);
  });
});
