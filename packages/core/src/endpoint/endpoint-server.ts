import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from 'node:http2';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { drain } from './drain.js';
import { EndpointListenError } from './endpoint.error.js';

/** The SDK's request handler. */
export type EndpointHandler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/**
 * Megabytes that one HTTP/2 session may hold. With Node's default of 10, a single message above 32 MiB makes the
 * session refuse every later stream ("excessive load") until the server opens a new one.
 */
const SESSION_MEMORY = 1_000;

/** How long a Restate server may take to agree to open no more streams, in milliseconds. One that hangs never does. */
const AGREEMENT_TIMEOUT = 1_000;

/** How long the last answers may take to leave when effects have used up the time, in milliseconds. */
const FAREWELL = 500;

/**
 * The HTTP/2 server that only Restate servers call. Closing it is orderly: no new streams, inputs end so that handlers
 * suspend at their next await, running effects are journaled, and only then are connections cut.
 */
export class EndpointServer {
  private readonly server: Http2Server;
  private readonly sessions = new Set<Http2Session>();
  private readonly requests = new Set<Http2ServerRequest>();
  private idle: (() => void) | undefined;
  private closing = false;

  constructor(handler: EndpointHandler) {
    this.server = createServer({ maxSessionMemory: SESSION_MEMORY }, (request, response) => {
      this.requests.add(request);
      request.once('close', () => this.ended(request));
      // A stream that was on its way when the server began to close is let in and suspends at its first await.
      if (this.closing) drain(request);
      handler(request, response);
    });
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
      if (this.closing) void refuseStreams(session);
      // A reset connection is the Restate server's to retry; without a listener it would end this process.
      session.on('error', () => session.destroy());
    });
  }

  /** Opens it; gives the port. @throws EndpointListenError when the port is not available */
  async listen(port: number, host: string): Promise<number> {
    this.server.listen(port, host);
    await once(this.server, 'listening').catch((cause: NodeJS.ErrnoException) => {
      throw new EndpointListenError(host, port, cause);
    });
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * Closes it: has each connection agree to no new streams, lets the open ones end, and ends the connection in order. A
   * stream that was on its way meanwhile is refused before anything runs; the Restate server tries it again elsewhere.
   *
   * @param timeout how long that may take in all, in milliseconds; with answers to deliver at its end, 500 more
   */
  async close(timeout: number): Promise<void> {
    if (!this.server.listening) return;
    this.closing = true;
    // Not the HTTP/2 server's own close, which also closes sessions.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.server, () => resolve()));
    const agreed = Promise.all([...this.sessions].map(refuseStreams));
    const end = performance.now() + timeout;
    const left = () => Math.max(0, end - performance.now());
    await Promise.race([agreed, wait(Math.min(timeout, AGREEMENT_TIMEOUT), undefined, { ref: false })]);
    for (const request of this.requests) drain(request);
    await this.drained(left());
    // A session with a stuck effect does not end in order; waiting for it again would double the time.
    if (this.requests.size === 0) {
      for (const session of this.sessions) session.close();
      await Promise.race([closed, wait(Math.max(left(), FAREWELL), undefined, { ref: false })]);
    }
    for (const session of this.sessions) session.destroy();
    await closed;
  }

  private ended(request: Http2ServerRequest): void {
    this.requests.delete(request);
    if (this.requests.size === 0) this.idle?.();
  }

  private drained(timeout: number): Promise<void> {
    if (this.requests.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/**
 * Asks for no new streams; resolves when the Restate server has agreed, or is gone.
 *
 * Not by GOAWAY: the server's pool learns of one from the next request that it sends, and then drops the connection with
 * the answers of all its open streams. A limit of zero streams makes it leave the connection alone.
 */
function refuseStreams(session: Http2Session): Promise<void> {
  if (session.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    session.once('close', resolve);
    session.settings({ maxConcurrentStreams: 0 }, () => resolve());
  });
}
