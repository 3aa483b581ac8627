import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import * as restate from '@restatedev/restate-sdk';
import type { RestateServer } from '../../src/index.js';

/** A virtual object on an endpoint of its own that counts, naps and fails: the least that shows what a server does. */
export class CounterEndpoint implements AsyncDisposable {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly port: number;
  /** How often the code of each handler was entered, replays and retries included. */
  readonly entered: { nap: number; fail: number };

  private constructor(server: Http2Server, port: number, entered: { nap: number; fail: number }) {
    this.#server = server;
    this.port = port;
    this.entered = entered;
    server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
    });
  }

  static async start(identityKeys: string[] = []): Promise<CounterEndpoint> {
    const entered = { nap: 0, fail: 0 };
    const counter = restate.object({
      name: 'Counter',
      handlers: {
        add: async (ctx: restate.ObjectContext): Promise<number> => {
          const next = ((await ctx.get<number>('count')) ?? 0) + 1;
          ctx.set('count', next);
          return next;
        },
        nap: async (ctx: restate.ObjectContext): Promise<string> => {
          entered.nap += 1;
          await ctx.sleep(100);
          return 'rested';
        },
        fail: async (): Promise<never> => {
          entered.fail += 1;
          throw new Error('as always');
        },
      },
    });
    const server = createServer(
      restate.createEndpointHandler({ services: [counter], identityKeys, logger: () => undefined }),
    );
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new CounterEndpoint(server, address.port, entered);
  }

  async register(server: RestateServer): Promise<void> {
    const answer = await fetch(`${server.adminUrl}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${this.port}` }),
    });
    if (!answer.ok) throw new Error(`Registration failed: ${answer.status} ${await answer.text()}`);
  }

  async add(ingressUrl: string): Promise<unknown> {
    return (await this.call(ingressUrl, 'add')).json();
  }

  call(ingressUrl: string, handler: 'add' | 'nap' | 'fail'): Promise<Response> {
    return fetch(`${ingressUrl}/Counter/one/${handler}`, { method: 'POST' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const session of this.#sessions) session.destroy();
    await closed;
  }
}
