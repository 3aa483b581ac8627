import type { IncomingHttpHeaders } from 'node:http2';
import { readOutput } from './frames.js';

/** An invocation to feed. */
export interface FedInvocation {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly opening: Buffer;
  /** By the run that each is for: the SDK executes what is waited for at once in any order. */
  readonly acknowledgements: ReadonlyMap<number, Buffer>;
}

type Listener = () => void;
type Chunk = IteratorResult<Buffer, undefined>;

const DONE: Chunk = { done: true, value: undefined };

/**
 * A request and its response, as far as the SDK's node adapter and Rea use them. It acknowledges each run that the
 * handler proposes and closes the input when the handler has ended, as the server does. Like what comes over a connection,
 * that happens in later turns of the event loop.
 */
export class FedExchange {
  /** Resolves when the response has been closed; rejects when the handler ended without answering. */
  readonly done: Promise<void>;
  readonly request: object;
  readonly response: object;

  private settle!: (error?: Error) => void;
  private readonly closeListeners: Listener[] = [];
  private status = 0;
  private opened = false;
  private acknowledged = 0;
  private readonly proposed: number[] = [];
  private ended = false;
  private waiting: ((chunk: Chunk) => void) | undefined;

  constructor(private readonly invocation: FedInvocation) {
    this.done = new Promise((resolve, reject) => {
      this.settle = (error) => (error ? reject(error) : resolve());
    });
    const onClose = (_event: string, listener: Listener) => {
      this.closeListeners.push(listener);
    };
    const input = { next: () => this.next() };
    this.request = {
      url: invocation.url,
      headers: invocation.headers,
      httpVersionMajor: 2,
      once: onClose,
      [Symbol.asyncIterator]: () => input,
    };
    this.response = {
      once: onClose,
      writeHead: (status: number) => {
        this.status = status;
      },
      write: (bytes: Uint8Array, written: Listener) => {
        this.write(bytes);
        written();
      },
      end: (closed: Listener) => {
        closed();
        setImmediate(() => this.close());
      },
    };
  }

  private next(): Promise<Chunk> {
    const chunk = this.available();
    if (chunk) return Promise.resolve(chunk);
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  private available(): Chunk | undefined {
    if (!this.opened) {
      this.opened = true;
      return { done: false, value: this.invocation.opening };
    }
    if (this.acknowledged < this.proposed.length) {
      const value = this.invocation.acknowledgements.get(this.proposed[this.acknowledged]!)!;
      this.acknowledged += 1;
      return { done: false, value };
    }
    return this.ended ? DONE : undefined;
  }

  private write(bytes: Uint8Array): void {
    const { runs, ended } = readOutput(bytes);
    this.proposed.push(...runs);
    this.ended ||= ended;
    if (runs.length > 0 || ended) setImmediate(() => this.deliver());
  }

  private deliver(): void {
    if (!this.waiting) return;
    const chunk = this.available();
    if (!chunk) return;
    const resolve = this.waiting;
    this.waiting = undefined;
    resolve(chunk);
  }

  private close(): void {
    for (const listener of this.closeListeners) listener();
    const allRun = this.acknowledged === this.invocation.acknowledgements.size;
    this.settle(
      this.status === 200 && this.ended && allRun
        ? undefined
        : new Error(`${this.invocation.url} did not complete: status ${this.status}, ${this.acknowledged} runs.`),
    );
  }
}
