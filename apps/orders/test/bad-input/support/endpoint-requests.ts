import { type ClientHttp2Session, connect } from 'node:http2';
import * as fc from 'fast-check';
import { asTarget, segment, text } from './generators.js';
import type { Ending } from './raw-request.js';

/** A request for the endpoint that the Restate server calls: well-formed HTTP/2 around anything. */
export interface EndpointRequest {
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const PATIENCE = 15_000;

/** Kinds of messages of Restate's protocol: start, suspension, error, commands, notifications, and one that is none. */
const KINDS = [0x0000, 0x0001, 0x0002, 0x0003, 0x0400, 0x0401, 0x0409, 0x8001, 0xfbff, 0x1234];

const frame = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    body: fc.uint8Array({ maxLength: 120 }),
    length: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(0, 1, 5_000, 2 ** 31, 2 ** 32 - 1) },
    ),
  })
  .map(({ kind, body, length }) => framed(kind, body, length));

const body = fc.oneof(
  { weight: 4, arbitrary: fc.array(frame, { maxLength: 4 }).map((frames) => Buffer.concat(frames)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
);

/** What the server sends first for a handler: the start message, and the input. */
function honestStart(input: unknown): Buffer {
  const id = Buffer.concat([
    Buffer.from([0x0a, 16]),
    Buffer.alloc(16, 7),
    Buffer.from([0x12, 5]),
    Buffer.from('inv_1'),
  ]);
  const value = Buffer.from(JSON.stringify(input));
  const content = Buffer.concat([Buffer.from([0x0a, value.length]), value]);
  return Buffer.concat([
    framed(0x0000, Buffer.concat([id, Buffer.from([0x18, 1])])),
    framed(0x0400, Buffer.concat([Buffer.from([0x72, content.length]), content])),
  ]);
}

function framed(kind: number, message: Uint8Array, length = message.length): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(kind, 0);
  header.writeUInt32BE(length, 4);
  return Buffer.concat([header, message]);
}

/** An honest first message, with bytes changed, cut or added. */
function spoiltStart(honest: Buffer): fc.Arbitrary<Buffer> {
  return fc
    .record({
      at: fc.nat(Math.max(0, honest.length - 1)),
      by: fc.integer({ min: 1, max: 255 }),
      cut: fc.oneof(fc.constant(0), fc.nat(honest.length)),
      more: fc.uint8Array({ maxLength: 20 }),
    })
    .map(({ at, by, cut, more }) => {
      const bytes = Buffer.from(honest);
      bytes[at] = (bytes[at]! + by) % 256;
      return Buffer.concat([bytes.subarray(0, bytes.length - cut), more]);
    });
}

export function endpointRequests(namespace: string): fc.Arbitrary<EndpointRequest> {
  const invoke = fc
    .tuple(
      fc.constantFrom('Order/status', 'Cart/addItem', 'Payments/authorise', 'Stock/level', 'OrderIndex/latest'),
      segment,
    )
    .map(([handler]) => `/invoke/${namespace}.${handler}`);
  return fc
    .record({
      method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'HEAD', 'TRACE'),
      path: fc.oneof(
        { weight: 4, arbitrary: invoke },
        { weight: 1, arbitrary: fc.constantFrom('/discover', '/health', '/invoke', '/invoke//', '/', '//', '/%', '*') },
        { weight: 2, arbitrary: segment.map((name) => `/invoke/${name}/${name}`) },
        { weight: 1, arbitrary: segment.map((anything) => `/${anything}`) },
      ),
      contentType: fc.oneof(
        {
          weight: 5,
          arbitrary: fc.constantFrom('application/vnd.restate.invocation.v5', 'application/vnd.restate.invocation.v6'),
        },
        {
          weight: 1,
          arbitrary: fc.constantFrom('application/vnd.restate.invocation.v999', 'application/json', 'text/plain', ''),
        },
        { weight: 1, arbitrary: text.map(asValue) },
      ),
      token: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: text.map(asValue) }),
      body: fc.oneof(body, spoiltStart(honestStart({ sku: 'pen-brass', quantity: 1 }))),
    })
    .map(({ method, path, contentType, token, body: bytes }) => {
      const headers = {
        ':method': method,
        ':path': asTarget(path) || '/',
        'content-type': contentType,
        ...(token === undefined ? {} : { 'x-restate-signature-scheme': 'v1', 'x-restate-jwt-v1': token }),
      };
      return { what: `${JSON.stringify(headers)} ${bytes.toString('hex').slice(0, 300)}`, headers, body: bytes };
    });
}

/** Header values that an HTTP/2 client can send. */
function asValue(value: string): string {
  return value.replaceAll(/[^\x20-\x7e]/g, '').trim();
}

/** A client that keeps its connection while the server does. */
export class EndpointClient {
  private session: ClientHttp2Session | undefined;

  constructor(private readonly origin: string) {}

  send({ headers, body: bytes }: EndpointRequest): Promise<Ending> {
    return new Promise((resolve) => {
      const stream = this.open().request(headers, { endStream: false });
      const end = (ending: Ending) => {
        clearTimeout(timer);
        stream.close();
        resolve(ending);
      };
      const timer = setTimeout(() => end('hung'), PATIENCE);
      let status = 0;
      stream.on('response', (answer) => (status = answer[':status'] ?? 0));
      stream.on('end', () => end({ status, head: '' }));
      stream.on('close', () => end(status === 0 ? 'closed' : { status, head: '' }));
      stream.on('error', () => end('closed'));
      stream.resume();
      stream.end(bytes);
    });
  }

  close(): void {
    this.session?.destroy();
  }

  private open(): ClientHttp2Session {
    if (!this.session || this.session.destroyed || this.session.closed) {
      this.session = connect(this.origin);
      this.session.on('error', () => this.session?.destroy());
    }
    return this.session;
  }
}
