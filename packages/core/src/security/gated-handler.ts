import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { hasPath, type InboundRequest, pathOf } from './inbound-request.js';
import type { Refusal, RequestGate } from './request-gate.js';

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

/** The SDK's handler for requests of Node's servers, behind the gate. */
export function gated<Request extends NodeRequest, Response extends NodeResponse>(
  handler: (request: Request, response: Response) => void,
  gate: RequestGate,
): (request: Request, response: Response) => void {
  return (request, response) => {
    // The SDK answers what is no path, `//`, as if something of its own had broken.
    const isPath = hasPath(request.url);
    if (!gate.isNeeded) return isPath ? handler(request, response) : refuse(response, NO_PATH);
    let closed = false;
    response.once('close', () => {
      closed = true;
    });
    gate.admit(new NodeInboundRequest(request)).then(
      (admission) => {
        // The SDK would wait for a "close" that has been.
        if (closed) return;
        if (admission.refusal) refuse(response, admission.refusal);
        else if (!isPath) refuse(response, NO_PATH);
        else handler(new AdmittedRequest(request, admission.body) as unknown as Request, response);
      },
      // Only reading the body throws: the connection has broken.
      () => response.destroy(),
    );
  };
}

const NO_PATH: Refusal = { status: 404, message: 'There is nothing at this path.' };

/** Ends a request whose body nobody reads. */
function refuse(response: NodeResponse, { status, message }: Refusal): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  const body = JSON.stringify({ message });
  if ('stream' in response) response.end(body, () => response.stream?.close(constants.NGHTTP2_NO_ERROR));
  else response.end(body);
}

class NodeInboundRequest implements InboundRequest {
  readonly path: string;
  readonly body: AsyncIterator<Uint8Array, undefined>;

  constructor(private readonly request: NodeRequest) {
    this.path = pathOf(request.url);
    this.body = request[Symbol.asyncIterator]();
  }

  get peer(): string | undefined {
    return this.request.socket?.remoteAddress;
  }

  get encrypted(): boolean {
    return (this.request.socket as Partial<TLSSocket> | undefined)?.encrypted === true;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }
}

/** What the SDK's node adapter reads of a request whose body has been begun. */
class AdmittedRequest {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly httpVersionMajor: number;

  constructor(
    private readonly request: NodeRequest,
    private readonly body: AsyncIterator<Uint8Array, undefined>,
  ) {
    this.url = request.url;
    this.headers = request.headers;
    this.httpVersionMajor = request.httpVersionMajor;
  }

  once(event: string, listener: () => void): this {
    this.request.once(event, listener);
    return this;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return this.body;
  }
}
