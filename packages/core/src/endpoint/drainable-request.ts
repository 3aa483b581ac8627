import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';

type Chunk = Uint8Array;

/**
 * A request of the Restate server whose input can be ended from this side. The SDK then suspends the invocation at its
 * next await; an effect that runs is finished and journaled first. The server resumes it elsewhere, without a failed
 * attempt.
 *
 * It offers what the SDK's node adapter reads of a request, and nothing else.
 */
export class DrainableRequest implements AsyncIterator<Chunk> {
  private readonly input: AsyncIterator<Chunk>;
  private drained = false;
  private endPending: (() => void) | undefined;

  constructor(private readonly request: IncomingMessage | Http2ServerRequest) {
    this.input = request[Symbol.asyncIterator]();
  }

  get url(): string | undefined {
    return this.request.url;
  }

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

  [Symbol.asyncIterator](): AsyncIterator<Chunk> {
    return this;
  }

  next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.drained) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.endPending = () => resolve({ done: true, value: undefined });
      this.input.next().then(resolve, reject);
    });
  }

  /** Ends the input, also for a read that is waiting. */
  drain(): void {
    this.drained = true;
    this.endPending?.();
  }
}
