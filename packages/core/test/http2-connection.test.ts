import { once } from 'node:events';
import { createServer as createHttp1Server } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Http2Connection } from '../src/connection/http2-connection.js';
import { Http2Peer } from '../src/connection/http2-peer.js';
import { eventually } from './support/eventually.js';
import { http2, Listening } from './support/http-servers.js';

const GET = { method: 'GET' };
const SHORT = { silence: 50, patience: 100 };
/** So that every request asks first whether the connection lives. */
const ALWAYS_ASKED = { silence: 0, patience: 5_000 };

const [DATA, HEADERS, RST_STREAM, SETTINGS] = [0, 1, 3, 4];

function frame(type: number, stream: number, payload: readonly number[] | string = []): Buffer {
  const body = Buffer.from(payload as string);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(type === HEADERS ? constants.NGHTTP2_FLAG_END_HEADERS : 0, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** A server that greets, and then does no more than to answer a first request with the given frames. */
function greeting(...answer: readonly Buffer[]): Promise<Listening<ReturnType<typeof createTcpServer>>> {
  return Listening.start(
    createTcpServer((socket) => {
      let received = Buffer.alloc(0);
      let at = 24; // after the preface
      socket.on('error', () => {}).write(frame(SETTINGS, 0));
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        for (; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
          if (received[at + 3] === HEADERS) socket.write(Buffer.concat(answer));
        }
      });
    }),
  );
}

describe('A connection', () => {
  test('is not dead while it brings something, though a ping has to wait for that', async () => {
    // The status 200, and the head of a frame that takes long to come.
    const announced = Buffer.from([0, 0x40, 0, DATA, 0, 0, 0, 0, 1]);
    await using server = await greeting(frame(HEADERS, 1, [0x88]), announced);
    const accepted = once(server.server, 'connection');
    const connection = (await Http2Connection.open(server.url, { silence: 0, patience: 100 }))!;
    const answer = connection.send('/', GET).catch((error: Error) => error.message);
    const [socket] = (await accepted) as [Socket];
    await eventually(() => expect(socket.bytesWritten).toBe(frame(SETTINGS, 0).length + 10 + announced.length));
    const drip = setInterval(() => socket.write('x'), 10);
    expect(await connection.isAlive()).toBe(true);
    clearInterval(drip);
    await expect.poll(() => connection.isAlive()).toBe(false);
    expect(await answer).toBe('The connection is dead.');
  });

  test('is asked once by all who ask at once, and goes on', async () => {
    const waiting: Http2ServerResponse[] = [];
    await using server = await http2((_request, response) => void waiting.push(response));
    const peer = new Http2Peer(server.url, ALWAYS_ASKED);
    const connection = (await peer.connection())!;
    const answer = connection.send('/', GET);
    await eventually(() => expect(waiting).toHaveLength(1));
    let pings = 0;
    server.sessions[0]!.on('ping', () => (pings += 1));
    const all = await Promise.all(Array.from({ length: 50 }, () => peer.connection()));
    expect(new Set(all)).toEqual(new Set([connection]));
    expect(pings).toBe(1);
    waiting[0]!.end('ok');
    expect((await answer).body.toString()).toBe('ok');
    expect(server.sessions).toHaveLength(1);
  });

  test('that has died without a word fails those who wait, though nobody else asks for it', async () => {
    await using server = await greeting();
    const connection = (await Http2Connection.open(server.url, SHORT))!;
    await expect(connection.send('/', GET)).rejects.toThrow('The connection is dead.');
    expect(connection.isClosed).toBe(true);
  });

  test('that lives is asked again and again as long as somebody waits', async () => {
    const waiting: Http2ServerResponse[] = [];
    await using server = await http2((_request, response) => void waiting.push(response));
    const connection = (await Http2Connection.open(server.url, { silence: 20, patience: 5_000 }))!;
    let pings = 0;
    server.sessions[0]!.on('ping', () => (pings += 1));
    const answer = connection.send('/', GET);
    await eventually(() => expect(pings).toBeGreaterThanOrEqual(3));
    waiting[0]!.end('ok');
    expect((await answer).body.toString()).toBe('ok');
  });
});

describe('An answer that ends early', () => {
  // :status 200, and content-length: 9 as a literal.
  const ok = frame(HEADERS, 1, [0x88]);
  const okOfNine = frame(HEADERS, 1, [0x88, 0x0f, 0x0d, 1, 0x39]);
  const half = frame(DATA, 1, 'half');
  const reset = (code: number) => frame(RST_STREAM, 1, [0, 0, 0, code]);

  test.each([
    ['with a cancelled stream', ok, constants.NGHTTP2_CANCEL],
    ['without an error, and its length said more', okOfNine, constants.NGHTTP2_NO_ERROR],
  ])('%s is an error', async (_how, headers, code) => {
    await using server = await greeting(headers, half, reset(code));
    const connection = (await Http2Connection.open(server.url, SHORT))!;
    await expect(connection.send('/', GET)).rejects.toThrow('closed before the end of the answer');
  });

  test('is none for HEAD, where the length is of what is not sent', async () => {
    await using server = await http2(
      (_request, response) => void response.writeHead(200, { 'content-length': 9 }).end(),
    );
    const connection = (await Http2Connection.open(server.url))!;
    expect(await connection.send('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });
});

describe('A connection that cannot be made', () => {
  const mute = () => {};
  const closing = (socket: Socket) => void socket.once('data', () => socket.end());
  const resetting = (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy());

  test.each([
    ['TLS is never answered', 'https', mute, 'no connection within 100 ms'],
    ['nothing is said', 'http', mute, 'no connection within 100 ms'],
    ['the server closes it', 'http', closing, 'closed before a word'],
    ['the server resets it', 'http', resetting, 'ECONNRESET'],
  ])('because %s is an error, and HTTP/2 is tried the next time', async (_why, scheme, behave, message) => {
    let connections = 0;
    await using server = await Listening.start(
      createTcpServer((socket) => {
        connections += 1;
        behave(socket.on('error', () => {}));
      }),
    );
    const peer = new Http2Peer(server.url.replace('http', scheme), SHORT);
    for (let i = 1; i <= 2; i += 1) {
      await expect(peer.connection()).rejects.toThrow(message);
      expect(connections).toBe(i);
    }
  });

  test('because the server speaks HTTP/1.1 alone is none, and HTTP/2 is not tried the next time', async () => {
    let connections = 0;
    await using server = await Listening.start(createHttp1Server().on('connection', () => (connections += 1)));
    const peer = new Http2Peer(server.url, SHORT);
    for (let i = 1; i <= 2; i += 1) expect(await peer.connection()).toBeUndefined();
    expect(connections).toBe(1);
  });
});
