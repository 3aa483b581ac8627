import type { FetchHandler } from '../endpoint/rea-endpoint.js';
import { type InboundRequest, pathOf } from './inbound-request.js';
import type { RequestGate } from './request-gate.js';

/** The SDK's handler for runtimes that speak the Fetch API, behind the gate. */
export function gatedFetch(handler: FetchHandler, gate: RequestGate): FetchHandler {
  return async (request, ...platform) => {
    if (!gate.isNeeded) return handler(request, ...platform);
    const { url, headers, signal } = request;
    const inbound: InboundRequest = {
      path: pathOf(url),
      peer: undefined,
      encrypted: url.startsWith('https:'),
      body: bodyOf(request),
      header: (name) => headers.get(name) ?? undefined,
    };
    const admission = await gate.admit(inbound);
    if (admission.refusal) {
      const { status, message } = admission.refusal;
      return Response.json({ message }, { status });
    }
    // What the SDK's adapter reads of a request.
    const body = { [Symbol.asyncIterator]: () => admission.body };
    return handler({ url, headers, signal, body } as unknown as Request, ...platform);
  };
}

function bodyOf({ body }: Request): AsyncIterator<Uint8Array, undefined> {
  if (body) return (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return { next: () => Promise.resolve({ done: true, value: undefined }) };
}
