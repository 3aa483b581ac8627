import type { IncomingHttpHeaders } from 'node:http';

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request to the ingress or the admin API. */
export interface HttpExchange {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Ends the wait; the promise then rejects with what the signal was aborted with. */
  readonly signal?: AbortSignal | undefined;
}
