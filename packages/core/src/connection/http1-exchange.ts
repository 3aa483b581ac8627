import * as http from 'node:http';
import * as https from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { HttpAnswer, HttpExchange } from './http-answer.js';

/**
 * Connections are kept for the next request, and given up after 4 s without one: proxies close idle connections without
 * a word, and a request that meets such a one fails. While an answer is waited for, the kernel asks after 4 s of silence
 * whether the other side lives (TCP keep-alive), so that a wait of days ends with an error when the connection is dead.
 */
const IDLE = 4_000;
const OPTIONS = { keepAlive: true, keepAliveMsecs: IDLE, timeout: IDLE } as const;
const plain = new http.Agent(OPTIONS);
const secure = new https.Agent(OPTIONS);

/** An exchange over HTTP/1.1. @throws the error of the connection */
export async function exchangeHttp1(url: URL, { method, headers, body, signal }: HttpExchange): Promise<HttpAnswer> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, agent: isSecure ? secure : plain, headers: { ...headers, ...length } };
    (isSecure ? https : http)
      .request(url, signal ? { ...options, signal } : options, resolve)
      .on('error', reject)
      .end(body);
  });
  return { status: response.statusCode!, headers: response.headers, body: await buffer(response) };
}
