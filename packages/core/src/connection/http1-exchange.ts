import * as http from 'node:http';
import * as https from 'node:https';
import { buffer } from 'node:stream/consumers';
import { LIMITS, notConnected } from './connection-limits.js';
import type { HttpAnswer, HttpExchange } from './http-answer.js';

/**
 * Connections are kept for the next request, and given up after 4 s without one: proxies close idle connections without
 * a word, and a request that meets such a one fails. While an answer is waited for, the kernel asks after 4 s of silence
 * whether the other side's kernel is there (TCP keep-alive), so that a wait of days ends with an error when it is not.
 */
const OPTIONS = { keepAlive: true, keepAliveMsecs: LIMITS.silence, timeout: LIMITS.silence } as const;
const plain = new http.Agent(OPTIONS);
const secure = new https.Agent(OPTIONS);

/** An exchange over HTTP/1.1. @throws the error of the connection */
export async function exchangeHttp1(url: URL, { method, headers, body, signal }: HttpExchange): Promise<HttpAnswer> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, agent: isSecure ? secure : plain, headers: { ...headers, ...length } };
    const request = (isSecure ? https : http).request(url, signal ? { ...options, signal } : options, resolve);
    request.on('error', reject).on('socket', (socket) => {
      if (!socket.connecting) return;
      // The kernel would try for minutes.
      const late = setTimeout(() => request.destroy(notConnected(LIMITS)), LIMITS.patience);
      socket.once('connect', () => clearTimeout(late)).once('close', () => clearTimeout(late));
    });
    // As bytes: with a text, Node would write it and the headers in one encoding.
    request.end(typeof body === 'string' ? Buffer.from(body) : body);
  });
  return { status: response.statusCode!, headers: response.headers, body: await buffer(response) };
}
