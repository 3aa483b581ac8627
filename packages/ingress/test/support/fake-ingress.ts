import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as the stand-in saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly at: number;
}

/** What stands where the ingress should be, and fails as ingresses, proxies and networks do: Restate does not on demand. */
export class FakeIngress implements AsyncDisposable {
  readonly seen: Seen[] = [];
  private readonly server = createServer((request, response) => void this.answer(request, response));

  private constructor(private readonly answers: readonly ((response: ServerResponse) => void)[]) {}

  /** @param answers one for each request; the last one for all after it */
  static async start(...answers: ((response: ServerResponse) => void)[]): Promise<FakeIngress> {
    const fake = new FakeIngress(answers);
    fake.server.listen(0, '127.0.0.1');
    await once(fake.server, 'listening');
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    this.seen.push({ method, url, headers, body: await text(request), at: performance.now() });
    this.answers[Math.min(this.seen.length, this.answers.length) - 1]!(response);
  }
}

/** Answers with JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** Breaks the connection. */
export function drop(response: ServerResponse): void {
  response.destroy();
}
