import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A load balancer in miniature: passes each new connection to the current target. */
export class SwitchingProxy {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** The port that new connections go to. */
  target = 0;

  static async start(): Promise<SwitchingProxy> {
    // Half-open, as load balancers are: one side's end must not cut what the other still has to say.
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new SwitchingProxy(server, (server.address() as AddressInfo).port);
    server.on('connection', (inbound) => proxy.pass(inbound));
    return proxy;
  }

  /** Cuts the connections that there are, so that both sides notice. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private pass(inbound: Socket): void {
    const outbound = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => other.end());
      // An orderly end passes through the pipe, with everything that was sent before it.
      socket.on('close', () => this.sockets.delete(socket));
      socket.pipe(other);
    }
  }
}
