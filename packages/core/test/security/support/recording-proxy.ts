import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A request that went by: what somebody on the network would have. */
export interface RecordedRequest {
  readonly headers: IncomingHttpHeaders;
  /** Grows while the request is open. */
  readonly chunks: Buffer[];
  /** Of the answer. */
  status: number;
}

/** Stands between the Restate server and an endpoint, and keeps what it sees. */
export class RecordingProxy {
  readonly requests: RecordedRequest[] = [];
  private readonly sessions = new Set<Http2Session>();
  private upstream: ClientHttp2Session | undefined;

  private constructor(
    private readonly server: Http2Server,
    private readonly target: string,
  ) {
    server.on('session', (session) => {
      this.sessions.add(session);
      session.on('error', () => session.destroy());
    });
    server.on('stream', (stream, headers) => this.forward(stream, headers));
  }

  /** @param target the endpoint; it may open later */
  static async start(target: string): Promise<RecordingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RecordingProxy(server, target);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The recorded requests for a handler, or all. */
  of(handler: string): RecordedRequest[] {
    return this.requests.filter(({ headers }) => headers[':path']?.endsWith(handler));
  }

  close(): void {
    this.server.close();
    this.upstream?.destroy();
    for (const session of this.sessions) session.destroy();
  }

  private forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const recorded: RecordedRequest = { headers, chunks: [], status: 0 };
    this.requests.push(recorded);
    if (!this.upstream || this.upstream.destroyed) {
      this.upstream = connect(this.target);
      this.upstream.on('error', () => this.upstream?.destroy());
      this.sessions.add(this.upstream);
    }
    const onward = this.upstream.request(headers, { endStream: false });
    stream.on('data', (chunk: Buffer) => recorded.chunks.push(chunk));
    stream.pipe(onward);
    onward.once('response', (answer) => {
      recorded.status = answer[':status'] ?? 0;
      stream.respond(answer);
      onward.pipe(stream);
    });
    onward.on('error', () => stream.close());
    stream.on('error', () => onward.close());
    stream.on('aborted', () => onward.close());
  }
}

/** A recorded request's body. */
export function bodyOf({ chunks }: RecordedRequest): Buffer {
  return Buffer.concat(chunks);
}
