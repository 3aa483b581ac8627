import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HttpAnswer, HttpExchange } from './http-answer.js';
import { exchangeHttp1 } from './http1-exchange.js';
import { NotSentError } from './http2-connection.js';
import { Http2Peer } from './http2-peer.js';

/** By origin. */
const peers = new Map<string, Http2Peer>();

/** How often a request is handed to another connection that the first one has certainly not sent. */
const MOST_HANDOVERS = 3;

/** What concerns one connection, which the protocol itself says. */
const HOP_HEADERS = new Set([
  'connection',
  'content-length',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Sends a request to the Restate server and gives the answer, whatever its status. Unlike `fetch`, which gives up after five
 * minutes, it waits for an answer as long as the signal lets it: a handler may take days. Connections are kept and shared:
 * HTTP/1.1 for requests with a body, HTTP/2 for those without, where the server speaks it.
 *
 * Over HTTP/2 the server says in between how much of a body it has read, and then holds its answer back until that is
 * acknowledged, which takes the kernel 40 ms.
 *
 * @throws the error of the connection, or what the signal was aborted with; a `TypeError` with a code `ERR_INVALID_...` or
 *   `ERR_HTTP_INVALID_...` for a header that cannot be sent
 */
export async function exchange(url: string, request: HttpExchange): Promise<HttpAnswer> {
  const { signal } = request;
  signal?.throwIfAborted();
  const target = new URL(url);
  const checked = { ...request, headers: checkedHeaders(request.headers) };
  try {
    if (hasBody(request)) return await exchangeHttp1(target, checked);
    for (let handovers = 0; ;) {
      const connection = await waitFor(peerOf(target.origin).connection(), signal);
      if (!connection) return await exchangeHttp1(target, checked);
      if (!connection.isFree) continue;
      try {
        return await connection.send(target.pathname + target.search, checked);
      } catch (error) {
        if (!(error instanceof NotSentError) || (handovers += 1) > MOST_HANDOVERS) throw error;
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function hasBody({ body }: HttpExchange): boolean {
  return body !== undefined && body.length > 0;
}

function peerOf(origin: string): Http2Peer {
  const peer = peers.get(origin) ?? new Http2Peer(origin);
  peers.set(origin, peer);
  return peer;
}

/**
 * Without those that concern the connection alone, and with names in lower case: the last of several that differ in that
 * alone counts.
 */
function checkedHeaders(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const checked: [string, string][] = Object.entries(headers).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(checked.filter(([name]) => !HOP_HEADERS.has(name)));
}

/** Until the signal is aborted. A connection that is being made keeps no process alive; who waits for it does. */
async function waitFor<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const alive = setInterval(() => {}, 60_000);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    clearInterval(alive);
    signal?.removeEventListener('abort', abort);
  }
}
