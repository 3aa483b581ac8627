import { once } from 'node:events';
import {
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerOptions,
} from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A server on a port of its own. */
export class Listening<S extends Server> implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();

  private constructor(readonly server: S) {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket.on('close', () => this.sockets.delete(socket)));
    });
  }

  static async start<S extends Server>(server: S): Promise<Listening<S>> {
    const listening = new Listening(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return listening;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

type Handle = (request: Http2ServerRequest, response: Http2ServerResponse) => void;
/** One that speaks HTTP/2, and its sessions. */
export async function http2(handle: Handle, options: ServerOptions = {}) {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer(options, handle).on('session', (session: ServerHttp2Session) => {
    sessions.push(session.on('error', () => {}));
  });
  const listening = await Listening.start(server);
  return { listening, sessions, url: listening.url, [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]() };
}
