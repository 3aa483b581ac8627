import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttp1Server, type IncomingHttpHeaders } from 'node:http';
import { constants, createServer, type Http2ServerResponse } from 'node:http2';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Handler, Service } from '@rea/core';
import { createTestApp, sharedServer } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';
import { exchange } from '../src/connection/http-exchange.js';
import { eventually } from './support/eventually.js';
import { http2, Listening } from './support/http-servers.js';

const run = promisify(execFile);

@Service()
class Measure {
  @Handler()
  async length(_ctx: Context, given: string): Promise<number> {
    return given.length;
  }
}

const get = (url: string, signal?: AbortSignal) => exchange(url, { method: 'GET', signal });

describe('An exchange with a server that speaks HTTP/2', () => {
  test('carries method, path and headers there, and status, headers and body back', async () => {
    await using server = await http2((request, response) => {
      const { ':method': method, ':path': path, 'x-name': name } = request.headers;
      response.writeHead(470, { 'x-answer': 'yes' }).end(JSON.stringify({ method, path, name }));
    });
    const answer = await exchange(`${server.url}/a%2Fb/c?d=1`, {
      method: 'PATCH',
      headers: {
        'X-Name': 'old',
        'x-name': 'new',
        connection: 'close',
        host: 'elsewhere',
        'HTTP2-Settings': 'AAMAAABkAAQAAP__',
        te: 'gzip',
      },
    });
    expect(answer.status).toBe(470);
    expect(answer.headers['x-answer']).toBe('yes');
    expect(JSON.parse(answer.body.toString())).toEqual({ method: 'PATCH', path: '/a%2Fb/c?d=1', name: 'new' });
  });

  test('shares one connection with the others', async () => {
    await using server = await http2((_request, response) => void response.end('ok'));
    await Promise.all(Array.from({ length: 50 }, () => get(server.url)));
    await get(server.url);
    expect(server.sessions).toHaveLength(1);
  });

  test('gets a further connection where the first is full', async () => {
    const waiting: Http2ServerResponse[] = [];
    await using server = await http2((_request, response) => void waiting.push(response), {
      settings: { maxConcurrentStreams: 10 },
    });
    const answers = Promise.all(Array.from({ length: 25 }, () => get(server.url)));
    await eventually(() => expect(waiting).toHaveLength(25));
    expect(server.sessions).toHaveLength(3);
    for (const response of waiting) response.end('ok');
    expect(await answers).toHaveLength(25);
  });

  test('gets a new connection after the server has closed the old one', async () => {
    await using server = await http2((_request, response) => void response.end('ok'));
    await get(server.url);
    server.sessions[0]!.close();
    await once(server.sessions[0]!, 'close');
    expect((await get(server.url)).body.toString()).toBe('ok');
    expect(server.sessions).toHaveLength(2);
  });

  test('is sent again when the server has refused the stream unseen, and then only so often', async () => {
    let requests = 0;
    await using server = await http2((request, response) => {
      requests += 1;
      if (requests <= 2 || request.url === '/never') request.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else response.end('ok');
    });
    expect((await exchange(server.url, { method: 'POST' })).body.toString()).toBe('ok');
    expect(requests).toBe(3);
    await expect(get(`${server.url}/never`)).rejects.toThrow('refused');
    expect(requests).toBe(7);
  });

  test('fails when the connection breaks, and is not sent again', async () => {
    let requests = 0;
    await using server = await http2((request) => {
      requests += 1;
      request.stream.session?.destroy();
    });
    await expect(exchange(server.url, { method: 'POST' })).rejects.toThrow();
    expect(requests).toBe(1);
  });

  test.each(['cancelled', 'disconnected'])('fails when its answer is %s half-way', async (how) => {
    await using server = await http2((request, response) => {
      response.writeHead(200);
      response.write('half');
      setImmediate(() => {
        if (how === 'cancelled') request.stream.close(constants.NGHTTP2_CANCEL);
        else request.stream.session?.destroy();
      });
    });
    await expect(get(server.url)).rejects.toThrow('closed before the end of the answer');
  });

  test('ends with the reason of its signal, and tells the server', async () => {
    let closed = 0;
    await using server = await http2((request) => void request.stream.on('close', () => (closed += 1)));
    const controller = new AbortController();
    const answer = get(server.url, controller.signal);
    await eventually(() => expect(server.sessions).toHaveLength(1));
    const reason = new Error('enough');
    setImmediate(() => controller.abort(reason));
    await expect(answer).rejects.toBe(reason);
    await expect(get(server.url, AbortSignal.timeout(30))).rejects.toMatchObject({ name: 'TimeoutError' });
    await eventually(() => expect(closed).toBeGreaterThanOrEqual(1));
  });

  test.concurrent('waits longer than connections may be silent; one without requests is closed then', async () => {
    await using server = await http2((request, response) => {
      setTimeout(() => response.end('ok'), request.url === '/slow' ? 4_500 : 0);
    });
    const slow = get(`${server.url}/slow`);
    expect((await get(server.url)).status).toBe(200);
    expect((await slow).body.toString()).toBe('ok');
    expect(server.sessions).toHaveLength(1);
    await eventually(() => expect(server.listening.connections).toBe(0));
  });

  test.concurrent('gets a new connection when the old one has died without a word', async () => {
    await using server = await http2((request, response) => {
      if (request.url !== '/waiting') response.end('ok');
    });
    const { port } = new URL(server.url);
    let accepted = 0;
    const relay = createTcpServer((socket) => {
      accepted += 1;
      const onwards = connect(Number(port), '127.0.0.1');
      socket
        .on('error', () => {})
        .pipe(onwards.on('error', () => {}))
        .pipe(socket);
      // What a firewall does that forgets a connection.
      if (accepted === 1) setTimeout(() => socket.unpipe(onwards), 500);
    });
    await using between = await Listening.start(relay);
    const waiting = get(`${between.url}/waiting`).catch((error: Error) => error.message);
    await get(between.url);
    await pause(4_100);
    expect((await get(between.url)).body.toString()).toBe('ok');
    expect(accepted).toBe(2);
    expect(await waiting).toBe('The connection is dead.');
  });
});

describe('An exchange with the Restate server', () => {
  /** The median of as many turns by each way: what holds an answer back does so each time, other load does not. */
  async function medians(url: string, init: { readonly method: string; readonly body?: string }) {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const ways = {
      exchange: async () => (await exchange(url, { ...init, headers })).body.length,
      fetch: async () => (await (await fetch(url, { ...init, headers })).arrayBuffer()).byteLength,
    };
    const times: Record<keyof typeof ways, number[]> = { exchange: [], fetch: [] };
    let length = 0;
    for (let turn = 0; turn < 15; turn += 1) {
      for (const way of ['exchange', 'fetch'] as const) {
        const began = performance.now();
        length = await ways[way]();
        times[way].push(performance.now() - began);
      }
    }
    const median = (of: number[]) => of.toSorted((a, b) => a - b)[7]!;
    return { length, exchange: median(times.exchange), fetch: median(times.fetch) };
  }

  test('whose request is long is not held back', async () => {
    await using app = await createTestApp({ providers: [Measure] });
    const url = `${(await sharedServer()).ingressUrl}/${app.namespace}.Measure/length`;
    const times = await medians(url, { method: 'POST', body: JSON.stringify('x'.repeat(20_000)) });
    expect(times.exchange).toBeLessThan(times.fetch + 25);
  });

  test('whose answer is long is not held back', async () => {
    const times = await medians(`${(await sharedServer()).adminUrl}/openapi`, { method: 'GET' });
    expect(times.length).toBeGreaterThan(50_000);
    expect(times.exchange).toBeLessThan(times.fetch + 25);
  });
});

describe('An exchange with a body, or with a server that does not speak HTTP/2', () => {
  test('goes over HTTP/1.1, and its connection is kept', async () => {
    const ports = new Set<number | undefined>();
    await using server = await Listening.start(
      createHttp1Server((request, response) => {
        ports.add(request.socket.remotePort);
        response.writeHead(201).end(request.url);
      }),
    );
    for (const given of [{ body: 'x' }, {}, { body: 'x' }]) {
      const { status, body } = await exchange(`${server.url}/a?b`, { method: 'POST', ...given });
      expect([status, body.toString()]).toEqual([201, '/a?b']);
    }
    expect(ports.size).toBe(1);
  });

  test.concurrent('waits longer than a connection may be silent, which is kept for the next', async () => {
    const ports = new Set<number | undefined>();
    await using server = await Listening.start(
      createHttp1Server((request, response) => {
        ports.add(request.socket.remotePort);
        setTimeout(() => response.end('ok'), request.url === '/slow' ? 4_500 : 0);
      }),
    );
    for (const path of ['/slow', '/fast']) {
      const { body } = await exchange(server.url + path, { method: 'POST', body: 'x' });
      expect(body.toString()).toBe('ok');
    }
    expect(ports.size).toBe(1);
    await eventually(() => expect(server.connections).toBe(0));
  });

  test('fails when its answer is cut half-way', async () => {
    await using server = await Listening.start(
      createHttp1Server((request, response) => {
        response.writeHead(200, { 'content-length': '10' }).write('half');
        setImmediate(() => request.socket.destroy());
      }),
    );
    await expect(exchange(server.url, { method: 'POST', body: 'x' })).rejects.toThrow();
  });

  test('has no headers that concern the connection, as with HTTP/2', async () => {
    let seen: IncomingHttpHeaders | undefined;
    await using server = await Listening.start(
      createHttp1Server((request, response) => {
        seen = request.headers;
        void text(request).then((body) => response.end(body));
      }),
    );
    const headers = { 'Transfer-Encoding': 'chunked', Host: 'elsewhere', te: 'gzip', 'x-name': 'kept' };
    const answer = await exchange(server.url, { method: 'POST', headers, body: 'größe' });
    expect(answer.body.toString()).toBe('größe');
    expect(seen).toEqual({
      host: new URL(server.url).host,
      connection: 'keep-alive',
      'content-length': '7',
      'x-name': 'kept',
    });
  });

  test.each<[string, { readonly body?: string | Uint8Array }]>([
    ['a text', { body: 'größe' }],
    ['bytes', { body: Buffer.from('größe') }],
    ['nothing', {}],
  ])('carries a header beyond ASCII the same when its body is %s', async (_what, given) => {
    await using server = await Listening.start(
      createHttp1Server((request, response) => void response.end(String(request.headers['x-name']))),
    );
    const answer = await exchange(server.url, { method: 'POST', headers: { 'x-name': 'größe' }, ...given });
    expect(answer.body.toString()).toBe('größe');
  });

  test('fails when nobody listens, and works when somebody does again', async () => {
    const server = await http2((_request, response) => void response.end('ok'));
    const { url } = server;
    await server[Symbol.asyncDispose]();
    await expect(get(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const again = createServer((_request, response) => void response.end('back')).listen(
      Number(new URL(url).port),
      '127.0.0.1',
    );
    await once(again, 'listening');
    expect((await get(url)).body.toString()).toBe('back');
    again.close();
  });

  test.concurrent('has 5 s to be connected, with a body or without', async () => {
    const program = `
      const server = require('node:net').createServer();
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
    `;
    const child = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const fillers: Socket[] = [];
    try {
      const port = Number(await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve)));
      // Frozen, it takes no connection, and the kernel keeps but a few.
      child.kill('SIGSTOP');
      for (let i = 0; i < 4; i += 1) fillers.push(connect(port, '127.0.0.1').on('error', () => {}));
      await once(fillers[0]!, 'connect');
      const url = `http://127.0.0.1:${port}`;
      const tries = [get(url), exchange(url, { method: 'POST', body: 'x' })];
      for (const { reason } of (await Promise.allSettled(tries)) as PromiseRejectedResult[]) {
        expect(reason).toMatchObject({ message: 'There was no connection within 5000 ms.' });
      }
    } finally {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
    }
  });

  test('ends with its signal when the server says nothing at all', async () => {
    await using server = await Listening.start(createTcpServer(() => {}));
    await expect(get(server.url, AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test.each(['http', 'https'])(
    'keeps a process alive while it waits for a connection, and no longer (%s)',
    async (scheme) => {
      await using server = await Listening.start(createTcpServer((socket) => socket.on('error', () => {})));
      const program = `
      import { exchange } from '@rea/core/internal';
      const signal = AbortSignal.timeout(100);
      await exchange('${server.url.replace('http', scheme)}', { method: 'GET', signal }).catch(({ name }) => console.log(name));
      const since = performance.now();
      process.on('exit', () => console.log(performance.now() - since < 2_000 ? 'at once' : 'late'));
    `;
      const options = { cwd: import.meta.dirname };
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], options);
      expect(stdout.split('\n')).toEqual(['TimeoutError', 'at once', '']);
    },
  );
});

test('A header that cannot be sent is a TypeError, and nothing is sent', async () => {
  let requests = 0;
  await using server = await http2((_request, response) => {
    requests += 1;
    response.end();
  });
  for (const headers of [{ 'x-a': 'b\nc: d' }, { 'x a': 'b' }]) {
    await expect(exchange(server.url, { method: 'GET', headers })).rejects.toBeInstanceOf(TypeError);
  }
  await pause(0);
  expect(requests).toBe(0);
});
