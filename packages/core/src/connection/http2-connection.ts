import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpAnswer, HttpExchange } from './http-answer.js';

/** After so many milliseconds without a word a connection is closed, or, when answers are waited for, asked whether it lives. */
const SILENCE = 4_000;

/** How long a connection may take to answer that it lives, and a new one to speak HTTP/2, in milliseconds. */
const PATIENCE = 5_000;

/** The server has certainly not looked at the request: it may be sent again, whatever it is. */
export class NotSentError extends Error {}

/** One HTTP/2 connection, with many requests at once. While none waits, it keeps no process alive. */
export class Http2Connection {
  private streams = 0;
  private heardAt = performance.now();
  private leaving = false;

  private constructor(private readonly session: ClientHttp2Session) {
    session.on('error', () => {}); // each request has it, too
    session.once('goaway', () => (this.leaving = true));
    session.setTimeout(SILENCE);
    session.on('timeout', () => {
      if (this.streams === 0) session.close();
    });
    session.unref();
  }

  /** Opens one; undefined when who answers does not speak HTTP/2. @throws the error of the connection */
  static async open(origin: string): Promise<Http2Connection | undefined> {
    const session = connect(origin, { settings: { enablePush: false } });
    let connected = false;
    let late: NodeJS.Timeout | undefined;
    session.once('connect', () => {
      connected = true;
      late = setTimeout(() => session.destroy(), PATIENCE);
    });
    const speaks = await new Promise<boolean>((resolve, reject) => {
      session.once('remoteSettings', () => resolve(true));
      session.once('close', () => resolve(false));
      session.on('error', (error: NodeJS.ErrnoException) => {
        if (connected || error.code?.includes('NO_APPLICATION_PROTOCOL')) resolve(false);
        else reject(error);
      });
    });
    clearTimeout(late);
    if (speaks) return new Http2Connection(session);
    session.destroy();
    return undefined;
  }

  get isClosed(): boolean {
    return this.leaving || this.session.closed || this.session.destroyed;
  }

  /** Whether it takes a further request at once. */
  get isFree(): boolean {
    const { maxConcurrentStreams = 100 } = this.session.remoteSettings;
    return !this.isClosed && this.streams < Math.max(1, maxConcurrentStreams);
  }

  /** Asks the server, when it has been silent for long. A connection that is dead is closed, which its requests learn. */
  async isAlive(): Promise<boolean> {
    if (performance.now() - this.heardAt < SILENCE) return true;
    const answer = new Promise<boolean>((resolve) => {
      const sent = this.session.ping((error) => resolve(error === null));
      if (!sent) resolve(false);
    });
    const alive = await Promise.race([answer, pause(PATIENCE, false, { ref: false })]);
    if (alive) this.heardAt = performance.now();
    else this.session.destroy(new Error('The connection is dead.'));
    return alive;
  }

  /** @throws NotSentError when the server has not looked at the request; else the error of the connection */
  async send(path: string, { method, headers, body, signal }: HttpExchange): Promise<HttpAnswer> {
    if (this.streams === 0) this.session.ref();
    this.streams += 1;
    try {
      const stream = this.open({ ...withoutHopHeaders(headers), ':method': method, ':path': path }, signal);
      const answered = new Promise<IncomingHttpHeaders & IncomingHttpStatusHeader>((resolve, reject) => {
        stream.once('response', resolve);
        stream.on('error', reject);
        stream.once('close', () => reject(new Error('The connection was closed before the answer.')));
      });
      stream.end(body);
      try {
        const { ':status': status = 0, ...rest } = await answered;
        return { status, headers: rest, body: await buffer(stream) };
      } catch (error) {
        if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) throw new NotSentError('refused', { cause: error });
        throw error;
      }
    } finally {
      this.heardAt = performance.now();
      this.streams -= 1;
      if (this.streams === 0 && !this.session.destroyed) this.session.unref();
    }
  }

  private open(headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined) {
    try {
      return this.session.request(headers, signal ? { signal } : {});
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      const isOver = code === 'ERR_HTTP2_INVALID_SESSION' || code === 'ERR_HTTP2_GOAWAY_SESSION';
      throw isOver ? new NotSentError('closed', { cause: error }) : error;
    }
  }
}

/** What concerns one connection of HTTP/1.1, and is refused here. */
const HOP_HEADERS = [
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
];

function withoutHopHeaders(headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.includes(name)));
}
