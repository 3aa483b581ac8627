import { request } from 'node:http';

/** An HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Options of {@link send}. */
export interface SendOptions {
  /** A JSON document to POST; without it the request is a GET. */
  readonly json?: unknown;
  /** Milliseconds after which the request is given up. */
  readonly timeout: number;
}

/**
 * One request on a connection of its own: a pooled connection to a server that is about to stop would hold up its shutdown
 * and break the next request after a restart.
 */
export function send(url: string, options: SendOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: options.json === undefined ? 'GET' : 'POST',
        agent: false,
        signal: AbortSignal.timeout(options.timeout),
        headers: { accept: 'application/json', 'content-type': 'application/json' },
      },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          body += chunk;
        });
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, body });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.json === undefined ? undefined : JSON.stringify(options.json));
  });
}
