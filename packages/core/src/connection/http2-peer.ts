import type { ConnectionLimits } from './connection-limits.js';
import { Http2Connection } from './http2-connection.js';

/** How long a server that does not speak HTTP/2 is not asked again, in milliseconds. */
const REMEMBERED = 300_000;

/** One server and the connections to it: as many as its limit of requests for each asks for. */
export class Http2Peer {
  private connections: Http2Connection[] = [];
  private opening: Promise<Http2Connection | undefined> | undefined;
  private isOtherUntil = 0;

  constructor(
    private readonly origin: string,
    private readonly limits?: ConnectionLimits,
  ) {}

  /** A connection that is alive; undefined when the server does not speak HTTP/2. @throws the error of the connection */
  async connection(): Promise<Http2Connection | undefined> {
    while (performance.now() >= this.isOtherUntil) {
      this.connections = this.connections.filter(({ isClosed }) => !isClosed);
      const free = this.connections.find(({ isFree }) => isFree);
      if (free) {
        if (await free.isAlive()) return free;
        continue;
      }
      this.opening ??= this.open();
      await this.opening;
    }
    return undefined;
  }

  private async open(): Promise<Http2Connection | undefined> {
    try {
      const connection = await Http2Connection.open(this.origin, this.limits);
      if (connection) this.connections.push(connection);
      else this.isOtherUntil = performance.now() + REMEMBERED;
      return connection;
    } finally {
      this.opening = undefined;
    }
  }
}
