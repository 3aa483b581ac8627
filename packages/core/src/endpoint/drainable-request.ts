import type { Http2ServerRequest } from 'node:http2';

type Chunk = Uint8Array;

/**
 * A request of the Restate server whose input can be ended from this side. The SDK then suspends the invocation at its
 * next await; an effect that runs is finished and journaled first. The server resumes it elsewhere, without a failed
 * attempt.
 *
 * It offers what the SDK's node adapter reads of a request, and nothing else.
 */
export class DrainableRequest {
  constructor(private readonly request: Http2ServerRequest) {}

  get url(): string {
    return this.request.url;
  }

  get headers(): Http2ServerRequest['headers'] {
    return this.request.headers;
  }

  get httpVersionMajor(): number {
    return this.request.httpVersionMajor;
  }

  get socket(): Http2ServerRequest['socket'] {
    return this.request.socket;
  }

  once(event: string, listener: () => void): this {
    this.request.once(event, listener);
    return this;
  }

  [Symbol.asyncIterator](): AsyncIterator<Chunk> {
    return this.request[Symbol.asyncIterator]();
  }

  /** Ends the input, also for a read that is waiting. What the server sends afterwards is dropped. */
  drain(): void {
    this.request.push(null);
    this.request.push = () => true;
  }
}
