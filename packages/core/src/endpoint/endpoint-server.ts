import { once } from 'node:events';
import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from 'node:http2';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { DrainableRequest } from './drainable-request.js';
import { EndpointListenError } from './endpoint.error.js';

/** The SDK's request handler. */
export type EndpointHandler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/**
 * Megabytes that one HTTP/2 session may hold. With Node's default of 10, a single message above 32 MiB makes the
 * session refuse every later stream ("excessive load") until the server opens a new one.
 */
const SESSION_MEMORY = 1_000;

/** "Open no more streams", for a GOAWAY that leaves the open ones alone. RFC 9113, section 6.8. */
const NO_NEW_STREAMS = 2 ** 31 - 1;

/**
 * The HTTP/2 server that only Restate servers call. Closing it is orderly: no new streams, inputs end so that handlers
 * suspend at their next await, running effects are journaled, and only then are connections cut.
 */
export class EndpointServer {
  private readonly server: Http2Server;
  private readonly sessions = new Set<Http2Session>();
  private readonly requests = new Set<DrainableRequest>();
  private idle: (() => void) | undefined;
  private closing = false;

  constructor(handler: EndpointHandler) {
    this.server = createServer({ maxSessionMemory: SESSION_MEMORY }, (request, response) => {
      const drainable = new DrainableRequest(request);
      this.requests.add(drainable);
      response.once('close', () => {
        this.requests.delete(drainable);
        if (this.requests.size === 0) this.idle?.();
      });
      // A stream that was on its way when the server began to close is let in and suspends at its first await.
      if (this.closing) drainable.drain();
      handler(drainable as unknown as Http2ServerRequest, response);
    });
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
      // A reset connection is the Restate server's to retry; without a listener it would end this process.
      session.on('error', () => session.destroy());
    });
  }

  /** Opens it; gives the port. @throws EndpointListenError when the port cannot be had */
  async listen(port: number, host: string): Promise<number> {
    this.server.listen(port, host);
    await once(this.server, 'listening').catch((cause: NodeJS.ErrnoException) => {
      throw new EndpointListenError(host, port, cause);
    });
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * Closes it: tells each connection that no new streams are welcome, lets the open ones end, and ends the connection
   * in order. A connection that breaks while the Restate server has not read its last answers loses them: those effects
   * run again elsewhere, with the same idempotency keys.
   *
   * @param timeout how long running effects may take, and then the farewell, in milliseconds each
   */
  async close(timeout: number): Promise<void> {
    if (!this.server.listening) return;
    this.closing = true;
    // Not the HTTP/2 server's own close, which also closes sessions.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.server, () => resolve()));
    for (const session of this.sessions) session.goaway(constants.NGHTTP2_NO_ERROR, NO_NEW_STREAMS);
    for (const request of this.requests) request.drain();
    await this.drained(timeout);
    for (const session of this.sessions) session.close();
    await Promise.race([closed, wait(timeout, undefined, { ref: false })]);
    for (const session of this.sessions) session.destroy();
    await closed;
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
