import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';

/** The SDK's handler for HTTP/1.1 requests. */
export type MountedHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What body parsers and routers of the HTTP front may have done to a request before it arrives here. */
interface ParsedRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

/**
 * Serves the endpoint under a path of the application's own HTTP server, as a middleware in front of body parsers and
 * routes. HTTP/1.1 is request-response: each wait of a handler is a new request.
 */
@Injectable()
export class MountedEndpoint {
  private path: string | undefined;
  private handler: MountedHandler | undefined;
  private readonly responses = new Set<ServerResponse>();
  private idle: (() => void) | undefined;

  /** Where it will be; requests are refused with 503 until {@link open}. */
  mount(path: string): void {
    this.path = `/${path.replaceAll(/^\/+|\/+$/g, '')}/`;
  }

  /** Begins to serve. */
  open(handler: MountedHandler): void {
    this.handler = handler;
  }

  /**
   * Serves the endpoint before the framework sees a request: what an application puts in front of its routes, such as
   * compression, is not for the protocol between Restate and the SDK. Listeners that the server has already come after.
   */
  serveBefore(front: Server): void {
    const others = front.listeners('request') as ((...args: unknown[]) => void)[];
    front.removeAllListeners('request');
    front.on('request', (request, response) => {
      if (this.handle(request, response)) return;
      for (const listener of others) listener.call(front, request, response);
    });
  }

  /** Handles a request of the front if it is for the endpoint; reports whether it was. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = (request as ParsedRequest).originalUrl ?? request.url;
    if (this.path === undefined || !url?.startsWith(this.path)) return false;
    if (this.handler) {
      this.responses.add(response);
      response.once('close', () => {
        this.responses.delete(response);
        if (this.responses.size === 0) this.idle?.();
      });
      this.handler(new MountedRequest(request, url) as unknown as IncomingMessage, response);
    } else {
      response.writeHead(503, { 'content-type': 'text/plain' }).end('The endpoint is not open.');
    }
    return true;
  }

  /**
   * Refuses new requests, waits for those in flight, and cuts what is left: the front would wait for it without end.
   *
   * @param timeout in milliseconds
   */
  async close(timeout: number): Promise<void> {
    this.handler = undefined;
    if (this.responses.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    for (const response of this.responses) response.destroy();
  }
}

/** The request as the SDK reads it: with the whole URL, and with a body that a parser may have consumed. */
class MountedRequest {
  constructor(
    private readonly request: ParsedRequest,
    readonly url: string,
  ) {}

  get headers(): IncomingMessage['headers'] {
    return this.request.headers;
  }

  get httpVersionMajor(): number {
    return this.request.httpVersionMajor;
  }

  get socket(): IncomingMessage['socket'] {
    return this.request.socket;
  }

  once(event: string, listener: () => void): this {
    this.request.once(event, listener);
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const consumed = [this.request.rawBody, this.request.body].find((body) => Buffer.isBuffer(body));
    if (consumed) yield consumed;
    else yield* this.request as AsyncIterable<Uint8Array>;
  }
}
