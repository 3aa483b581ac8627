import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TreeSpan } from './recorded-spans.js';

/** A span that the Restate server has exported. */
export interface CollectedSpan extends TreeSpan {
  readonly traceId: string;
}

/** What OTLP over gRPC has for each span. @see opentelemetry/proto/trace/v1/trace.proto */
const FIELDS = { traceId: 1, spanId: 2, parentId: 4, name: 5, startedAt: 7 } as const;

/** Takes the spans that a Restate server exports, as an OpenTelemetry collector does. */
export class SpanCollector {
  readonly spans: CollectedSpan[] = [];
  private readonly server: Http2Server = createServer();

  /** Listens. Gives the URL for `RESTATE_TRACING_ENDPOINT`. */
  async listen(): Promise<string> {
    this.server.on('stream', (stream) => void this.receive(stream));
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
  }

  private async receive(stream: ServerHttp2Stream): Promise<void> {
    const message = (await buffer(stream)).subarray(5);
    for (const resource of parts(message, 1)) {
      for (const scope of parts(resource, 2)) {
        for (const span of parts(scope, 2)) this.spans.push(toSpan(span));
      }
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  }
}

function toSpan(span: Buffer): CollectedSpan {
  const bytes = (field: number) => parts(span, field)[0] ?? Buffer.alloc(0);
  return {
    traceId: bytes(FIELDS.traceId).toString('hex'),
    spanId: bytes(FIELDS.spanId).toString('hex'),
    parentId: bytes(FIELDS.parentId).toString('hex'),
    name: bytes(FIELDS.name).toString(),
    startedAt: Number(bytes(FIELDS.startedAt).readBigUInt64LE()) / 1e6,
  };
}

/** The values of a protobuf message's field, other than varints. */
function parts(message: Buffer, field: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const widths: Record<number, number> = { 1: 8, 5: 4 };
  while (at < message.length) {
    const tag = varint();
    const type = tag % 8;
    if (type === 0) varint();
    else {
      const length = type === 2 ? varint() : widths[type]!;
      if (tag >>> 3 === field) found.push(message.subarray(at, at + length));
      at += length;
    }
  }
  return found;
}
