import * as http from 'node:http';
import * as https from 'node:https';
import { buffer } from 'node:stream/consumers';

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request to the ingress or the admin API. */
export interface HttpExchange {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Ends the wait; the promise then rejects with an `AbortError` or with what the signal was aborted with. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connections are kept for the next request, and given up after 4 s without one: proxies close idle connections without
 * a word, and a request that meets such a one fails.
 */
const OPTIONS = { keepAlive: true, timeout: 4_000 } as const;
const plain = new http.Agent(OPTIONS);
const secure = new https.Agent(OPTIONS);

/**
 * Sends a request to the Restate server and gives the answer, whatever its status. Unlike `fetch`, which gives up after
 * five minutes, it waits for an answer as long as the signal lets it: a handler may take days.
 *
 * @throws the error of the connection, or of the signal; a `TypeError` with a code `ERR_INVALID_...` for a header that
 *   cannot be sent
 */
export async function exchange(url: string, { method, headers = {}, body, signal }: HttpExchange): Promise<HttpAnswer> {
  signal?.throwIfAborted();
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const { request, agent } = url.startsWith('https:')
      ? { request: https.request, agent: secure }
      : { request: http.request, agent: plain };
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    request(url, { method, agent, headers: { ...headers, ...length }, ...(signal ? { signal } : {}) }, resolve)
      .on('error', (error) => reject(signal?.aborted ? (signal.reason ?? error) : error))
      .end(body);
  });
  try {
    return { status: response.statusCode!, headers: response.headers, body: await buffer(response) };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
