import * as zlib from 'node:zlib';
import type { LambdaHandler } from '../endpoint/rea-endpoint.js';
import { type InboundRequest, pathOf } from './inbound-request.js';
import type { RequestGate } from './request-gate.js';

/** What is read of the events that the Restate server, or a gateway before it, sends. */
interface LambdaEvent {
  readonly path?: string;
  readonly rawPath?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** The SDK's AWS Lambda handler, behind the gate. */
export function gatedLambda(handler: LambdaHandler, gate: RequestGate): LambdaHandler {
  return async (event: LambdaEvent, context: unknown): Promise<unknown> => {
    if (!gate.isNeeded) return handler(event, context);
    const admission = await gate.admit(inboundRequestOf(event));
    // The event holds its body still.
    if (!admission.refusal) return handler(event, context);
    const { status, message } = admission.refusal;
    const body = Buffer.from(JSON.stringify({ message })).toString('base64');
    return { statusCode: status, headers: { 'content-type': 'application/json' }, isBase64Encoded: true, body };
  };
}

function inboundRequestOf(event: LambdaEvent): InboundRequest {
  const headers = new Map(Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  let isRead = false;
  return {
    path: pathOf(event.path ?? event.rawPath),
    peer: undefined,
    // Lambda is called through the AWS API, which is HTTPS only.
    encrypted: true,
    header: (name) => headers.get(name),
    body: {
      next() {
        // Only now: who has not signed does not get to decompress.
        const value = isRead ? undefined : bodyOf(event, headers.get('content-encoding'));
        isRead = true;
        return Promise.resolve(value ? { done: false, value } : { done: true, value: undefined });
      },
    },
  };
}

function bodyOf({ body, isBase64Encoded }: LambdaEvent, encoding = ''): Uint8Array | undefined {
  if (!body) return undefined;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  return encoding.includes('zstd') ? zlib.zstdDecompressSync(bytes) : bytes;
}
