import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { type ConnectionLimits, LIMITS, notConnected } from './connection-limits.js';
import type { HttpAnswer, HttpExchange } from './http-answer.js';

/** How much may be on its way to us, in bytes, of one answer and on a connection. */
const WINDOW = 2 ** 24;

/**
 * The server leaves Nagle's algorithm on (RFC 896): between the frames of an answer it waits for an acknowledgement, which
 * the kernel delays by 40 ms. Frames are no larger, since a ping's answer has to wait for the end of one.
 */
const LARGEST_FRAME = 2 ** 20;

/** The server has certainly not looked at the request: it may be sent again, whatever it is. */
export class NotSentError extends Error {}

/** One HTTP/2 connection, with many requests at once. While none waits, it keeps no process alive. */
export class Http2Connection {
  private streams = 0;
  private heardAt = performance.now();
  private leaving = false;
  private asking: Promise<boolean> | undefined;

  private constructor(
    private readonly session: ClientHttp2Session,
    private readonly limits: ConnectionLimits,
  ) {
    session.setLocalWindowSize(WINDOW);
    session.on('error', () => {}); // each request has it, too
    session.once('goaway', () => (this.leaving = true));
    session.setTimeout(limits.silence);
    session.on('timeout', () => {
      if (this.streams === 0) session.close();
      else void this.ask().then(() => session.setTimeout(limits.silence));
    });
  }

  /**
   * Opens one; undefined when who answers does not speak HTTP/2. Meanwhile it keeps no process alive.
   *
   * @throws the error of the connection, also when it is closed or the patience ends before a word
   */
  static async open(origin: string, limits = LIMITS): Promise<Http2Connection | undefined> {
    const session = connect(origin, {
      settings: { enablePush: false, initialWindowSize: WINDOW, maxFrameSize: LARGEST_FRAME },
    });
    session.unref();
    let late: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        // A session that is destroyed before its socket is connected says nothing.
        late = setTimeout(() => reject(notConnected(limits)), limits.patience).unref();
        session.once('remoteSettings', () => resolve());
        session.on('error', reject);
        session.once('close', () => reject(new Error('The connection was closed before a word.')));
      });
      return new Http2Connection(session, limits);
    } catch (error) {
      session.destroy();
      if (isOtherProtocol(error)) return undefined;
      throw error;
    } finally {
      clearTimeout(late);
    }
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
    return performance.now() - this.heardAt < this.limits.silence || this.ask();
  }

  /** All who ask at once share the answer: a session sends but a few pings. */
  private ask(): Promise<boolean> {
    this.asking ??= this.ping().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async ping(): Promise<boolean> {
    if (this.session.destroyed) return false;
    // A ping that could not be sent says nothing about the server: it fails while the session lives.
    const answer = new Promise<boolean>((resolve) => {
      this.session.ping(() => resolve(!this.session.destroyed));
    });
    const received = this.session.socket.bytesRead;
    const late = pause(this.limits.patience, undefined, { ref: false });
    // On a slow line the answer may have to wait for what is being received.
    const alive = await Promise.race([answer, late.then(() => this.session.socket?.bytesRead > received)]);
    if (alive) this.heardAt = performance.now();
    else this.session.destroy(new Error('The connection is dead.'));
    return alive;
  }

  /** @throws NotSentError when the server has not looked at the request; else the error of the connection */
  async send(path: string, { method, headers, body, signal }: HttpExchange): Promise<HttpAnswer> {
    if (this.streams === 0) this.session.ref();
    this.streams += 1;
    try {
      const stream = this.open({ ...headers, ':method': method, ':path': path }, signal);
      const answered = new Promise<IncomingHttpHeaders & IncomingHttpStatusHeader>((resolve, reject) => {
        stream.once('response', resolve);
        stream.on('error', reject);
        stream.once('close', () => reject(new Error('The connection was closed before the answer.')));
      });
      stream.end(body);
      try {
        const { ':status': status = 0, ...rest } = await answered;
        const whole = await buffer(stream);
        // Node ends the body as usual, too, when the stream is cancelled or the connection is gone.
        const length = method === 'HEAD' || status === 304 ? undefined : rest['content-length'];
        const isCut = length === undefined ? stream.rstCode !== constants.NGHTTP2_NO_ERROR : whole.length !== +length;
        if (isCut) throw new Error('The connection was closed before the end of the answer.');
        return { status, headers: rest, body: whole };
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

/** Whether an error tells that the other side answered, or offers, something that is not HTTP/2. */
function isOtherProtocol(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'ERR_HTTP2_ERROR' || code.includes('NO_APPLICATION_PROTOCOL');
}
