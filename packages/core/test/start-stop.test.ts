import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import { Controller, Get, type INestApplication, Module, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Handler, type OnEndpointReady, ReaEvents, ReaModule, ReaRuntime, run, Service } from '@rea/core';
import { AdminClient } from '@rea/core/internal';
import { createTestApp, type ReaTestApp, sharedServer, type TestAppOptions } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { catchFloatingRejections } from '../src/invocation/floating-rejections.js';

let entered: PromiseWithResolvers<void>;
let release: PromiseWithResolvers<void>;

@Service()
class Worker {
  @Handler()
  async work(ctx: Context, input: string): Promise<string> {
    const done = await run(ctx, 'effect', () => `${input} done`);
    await ctx.sleep(1);
    return done;
  }

  @Handler()
  async stuck(ctx: Context): Promise<void> {
    await run(ctx, 'stuck', () => {
      entered.resolve();
      return release.promise;
    });
  }
}

@Controller()
class Front {
  @Get('hello')
  hello(): string {
    return 'hello'.repeat(1_000);
  }
}

const apps: { close(): Promise<unknown> }[] = [];
const servers: Server[] = [];
beforeEach(() => {
  entered = Promise.withResolvers();
  release = Promise.withResolvers();
});
afterEach(async () => {
  release.resolve();
  for (const app of apps.splice(0)) await app.close();
  for (const server of servers.splice(0)) server.close();
});

async function start(options: TestAppOptions = {}): Promise<ReaTestApp> {
  const app = await createTestApp({ providers: [Worker], controllers: [Front], ...options });
  apps.push(app);
  return app;
}

async function isOpen(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Compresses as the usual middlewares do: whatever is written goes through gzip, which keeps it until its end. */
function compressing(wants: (request: IncomingMessage) => boolean): Middleware {
  return (request, response, next) => {
    const gzip = createGzip();
    const { write, end, writeHead } = Object.fromEntries(
      (['write', 'end', 'writeHead'] as const).map((name) => [name, Reflect.get(response, name).bind(response)]),
    ) as Record<string, (...args: unknown[]) => never>;
    let began: boolean | undefined;
    const begins = () => {
      if (began !== undefined) return began;
      began = wants(request);
      if (began && !response.headersSent) {
        response.removeHeader('content-length');
        response.setHeader('content-encoding', 'gzip');
      }
      return began;
    };
    response.writeHead = ((status: number, headers: Record<string, string> = {}) => {
      if (!begins()) return writeHead!(status, headers);
      const { 'content-length': _, ...others } = headers;
      return writeHead!(status, others);
    }) as typeof response.writeHead;
    gzip.on('data', (chunk: Buffer) => void write!(chunk));
    gzip.on('end', () => end!());
    response.write = ((chunk: Buffer) => (begins() ? gzip.write(chunk) : write!(chunk))) as typeof response.write;
    response.end = ((chunk?: Buffer) => {
      if (!begins()) return end!(chunk);
      gzip.end(chunk);
      return response;
    }) as typeof response.end;
    next();
  };
}

const MIDDLEWARES: readonly [string, Middleware][] = [
  ['compresses what the client accepts', compressing(({ headers }) => /gzip/.test(headers['accept-encoding'] ?? ''))],
  ['compresses everything', compressing(() => true)],
  [
    'consumes the body',
    (request, _response, next) => {
      request.on('data', () => {});
      request.on('end', next);
    },
  ],
  [
    'answers by itself',
    (request, response, next) => (request.url?.startsWith('/hello') ? next() : void response.end('mine')),
  ],
  ['never goes on', (request, _response, next) => (request.url?.startsWith('/hello') ? next() : undefined)],
  [
    'sets a timeout',
    (_request, response, next) => {
      response.setTimeout(1, () => response.destroy());
      next();
    },
  ],
];

describe('A mounted endpoint behind a middleware', { meta: { claim: 'start-stop' } }, () => {
  const all = ['express', 'fastify'].flatMap((adapter) =>
    MIDDLEWARES.map(([what, middleware]) => ({ adapter, what, middleware })),
  );

  test.each(all)('that $what works, and closes, on $adapter', async ({ adapter, middleware }) => {
    const app = await start({
      rea: { endpoint: { serve: 'mounted' } },
      configure: (nest: INestApplication) => void nest.use(middleware),
      ...(adapter === 'fastify' ? { httpAdapter: new FastifyAdapter() } : {}),
    });
    const registered = new Promise((resolve) => app.get(ReaEvents).on('registered', resolve));
    await app.app.listen(0, '127.0.0.1');
    await registered;
    const discovered = await fetch(`${await app.app.getUrl()}/restate/discover`, {
      headers: { accept: 'application/vnd.restate.endpointmanifest.v3+json', 'accept-encoding': 'gzip' },
      signal: AbortSignal.timeout(5_000),
    });
    expect(discovered.status).toBe(200);
    expect(discovered.headers.get('content-encoding')).toBeNull();
    expect(await discovered.json()).toMatchObject({
      services: [{ name: expect.stringContaining('Worker') as string }],
    });
    expect(await app.ingress.service(Worker).call.work('x', { idempotencyKey: 'k' })).toBe('x done');
    expect(await (await fetch(`${await app.app.getUrl()}/hello`)).text()).toContain('hello');
    apps.splice(0);
    const began = performance.now();
    await app.close();
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test('A request between listening and registration is never a 404', async () => {
    const app = await start({ rea: { endpoint: { serve: 'mounted' } } });
    const early = new Promise((resolve) => {
      app.app.getHttpServer().once('listening', () =>
        resolve(
          app.ingress
            .service(Worker)
            .call.work('x', { idempotencyKey: 'k' })
            .catch(({ code, message }: { code?: string; message: string }) => code ?? message),
        ),
      );
    });
    await app.app.listen(0, '127.0.0.1');
    const outcome = await early;
    expect(['x done', 'REA6050']).toContain(outcome);
  });
});

describe('app.close()', { meta: { claim: 'start-stop' } }, () => {
  const drainTimeout = 1_000;

  test.each(['port', 'mounted'] as const)('with a stuck run takes drainTimeout once, %s', async (serve) => {
    const app = await start({ rea: { endpoint: { serve, drainTimeout } } });
    if (serve === 'mounted') {
      const registered = new Promise((resolve) => app.get(ReaEvents).on('registered', resolve));
      await app.app.listen(0, '127.0.0.1');
      await registered;
    }
    await app.ingress.service(Worker).send.stuck(undefined, { idempotencyKey: 'k' });
    await entered.promise;
    apps.splice(0);
    const began = performance.now();
    await app.app.close();
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(drainTimeout * 0.9);
    expect(took).toBeLessThan(drainTimeout * 1.8);
    release.resolve();
    await app.close();
  });

  test('lets an effect that ends in time be recorded, and several be cut', async () => {
    const app = await start({ rea: { endpoint: { drainTimeout } } });
    const keys = ['a', 'b', 'c'];
    for (const idempotencyKey of keys) {
      entered = Promise.withResolvers();
      await app.ingress.service(Worker).send.stuck(undefined, { idempotencyKey });
      await entered.promise;
    }
    apps.splice(0);
    const began = performance.now();
    await app.close();
    expect(performance.now() - began).toBeLessThan(drainTimeout * 1.8);
  });

  test('can be called twice, at once and again, and leaves no listeners', async () => {
    const listeners = process.listenerCount('SIGTERM');
    const app = await start();
    apps.splice(0);
    await Promise.all([app.app.close(), app.app.close()]);
    await app.app.close();
    await app.get(ReaRuntime).drain();
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
  });

  test('works before the application has been initialised', async () => {
    const listeners = process.listenerCount('SIGTERM');
    const { ingressUrl, adminUrl } = await sharedServer();
    @Module({ imports: [ReaModule.forRoot({ server: { ingressUrl, adminUrl } })], providers: [Worker] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.close();
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
  });
});

/** An admin API that is never there, and a port that was free a moment ago. */
async function nowhere(): Promise<{ server: object; port: number }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return { server: { ingressUrl: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${port}` }, port };
}

describe('A start that fails', { meta: { claim: 'start-stop' } }, () => {
  const host = '127.0.0.1';

  test('for want of a server closes the port of the endpoint', async () => {
    const { server } = await nowhere();
    const { port } = await nowhere();
    @Module({
      imports: [
        ReaModule.forRoot({ server: server as never, endpoint: { port, host }, registration: { timeout: 100 } }),
      ],
      providers: [Worker],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false });
    await expect(app.init()).rejects.toThrow('REA6001');
    expect(await isOpen(`http://${host}:${port}/health`)).toBe(false);
    await app.close();
  });

  test('closes the port although the Restate server does not take the registration back', async () => {
    const { port } = await nowhere();
    const remove = vi.spyOn(AdminClient.prototype, 'remove').mockRejectedValueOnce(new Error('admin is gone'));
    const unready: OnEndpointReady = { onEndpointReady: () => Promise.reject(new Error('not ready')) };
    const { ingressUrl, adminUrl } = await sharedServer();
    @Module({
      imports: [
        ReaModule.forRoot({ server: { ingressUrl, adminUrl }, endpoint: { port, host }, namespace: 'unready' }),
      ],
      providers: [Worker, { provide: 'unready', useValue: unready }],
    })
    class AppModule {}
    const listeners = process.listenerCount('unhandledRejection');
    const app = await NestFactory.create(AppModule, { logger: false });
    await expect(app.init()).rejects.toThrow('not ready');
    const [deployment] = remove.mock.lastCall!;
    remove.mockRestore();
    expect(await isOpen(`http://${host}:${port}/health`)).toBe(false);
    expect(process.listenerCount('unhandledRejection')).toBe(listeners);
    await new AdminClient(adminUrl).remove(deployment);
    await app.close();
  });

  test('and is closed again leaves later applications their listener', () => {
    const listeners = process.listenerCount('unhandledRejection');
    const stop = catchFloatingRejections();
    stop();
    stop();
    const stopNext = catchFloatingRejections();
    expect(process.listenerCount('unhandledRejection')).toBe(listeners + 1);
    stopNext();
    expect(process.listenerCount('unhandledRejection')).toBe(listeners);
  });

  test('because another program has the port leaves that one alone', async () => {
    const other = createServer().listen(0, host);
    servers.push(other);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(createTestApp({ providers: [Worker], rea: { endpoint: { port } } })).rejects.toThrow('REA6006');
    expect(other.listening).toBe(true);
  });

  test('in a bootstrap hook opens no port', async () => {
    const { port } = await nowhere();
    const failing: OnApplicationBootstrap = {
      onApplicationBootstrap: () => {
        throw new Error('no database');
      },
    };
    const providers = [Worker, { provide: 'failing', useValue: failing }];
    await expect(createTestApp({ providers, rea: { endpoint: { port } } })).rejects.toThrow('no database');
    expect(await isOpen(`http://${host}:${port}/health`)).toBe(false);
  });

  test('by a signal while it waits for the server ends at once', async () => {
    const { server } = await nowhere();
    const { port } = await nowhere();
    @Module({
      imports: [ReaModule.forRoot({ server: server as never, endpoint: { port, host } })],
      providers: [Worker],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false });
    // As enableShutdownHooks() does, whose listener would end this process.
    const hooks = () => {};
    process.on('SIGHUP', hooks);
    const listeners = process.listenerCount('SIGHUP');
    try {
      const starting = app.init().catch((error: unknown) => error);
      await expect.poll(() => process.listenerCount('SIGHUP')).toBe(listeners + 1);
      process.emit('SIGHUP', 'SIGHUP');
      expect(await starting).toMatchObject({ code: 'REA6051' });
      expect(process.listenerCount('SIGHUP')).toBe(listeners);
      expect(await isOpen(`http://${host}:${port}/health`)).toBe(false);
      await app.close();
    } finally {
      process.off('SIGHUP', hooks);
    }
  });

  test.each([
    [
      'a context',
      (module: Type) => NestFactory.createApplicationContext(module, { logger: false, abortOnError: false }),
    ],
  ])('of %s with a mounted endpoint says what is wrong', async (_what, create) => {
    const { ingressUrl, adminUrl } = await sharedServer();
    const endpoint = { serve: 'mounted' } as const;
    @Module({ imports: [ReaModule.forRoot({ server: { ingressUrl, adminUrl }, endpoint })], providers: [Worker] })
    class AppModule {}
    await expect(create(AppModule)).rejects.toMatchObject({
      code: 'REA1110',
      message: expect.stringContaining('NestFactory.create()') as string,
    });
  });
});
