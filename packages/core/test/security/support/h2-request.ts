import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** Sends one request over HTTP/2 and ends it. */
export async function request(
  origin: string,
  headers: OutgoingHttpHeaders,
  body: Uint8Array = Buffer.alloc(0),
): Promise<Answer> {
  const session = connect(origin);
  try {
    return await requestOn(session, headers, body);
  } finally {
    session.destroy();
  }
}

/** As {@link request}, on a session that is open already. */
async function requestOn(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: Uint8Array = Buffer.alloc(0),
): Promise<Answer> {
  const stream = session.request(headers, { endStream: false });
  const status = new Promise<number>((resolve, reject) => {
    stream.once('response', (answer) => resolve(answer[':status'] ?? 0));
    stream.once('error', reject);
  });
  stream.end(body);
  return { status: await status, body: await buffer(stream) };
}
