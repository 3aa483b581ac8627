import * as fc from 'fast-check';
import { asHeader, contentType, query, text } from './generators.js';

/** A request as bytes, and in words for whoever has to look into it. */
export interface MalformedRequest {
  readonly what: string;
  readonly bytes: Buffer;
  /** The client dies after the last byte. */
  readonly isCut: boolean;
}

/** Where a request goes, before it is spoilt. */
export interface Target {
  readonly method: string;
  readonly path: fc.Arbitrary<string>;
  readonly body?: fc.Arbitrary<Buffer>;
  /** Headers that belong there, and perhaps depend on the body. */
  readonly headers?: fc.Arbitrary<(body: Buffer) => Readonly<Record<string, string>>>;
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'BREW', ''];

const HEADERS = [
  'idempotency-key',
  'x-fail-step',
  'accept',
  'accept-encoding',
  'content-encoding',
  'expect',
  'cookie',
  'range',
];

/** HTTP/1.1 requests for one of the targets, each of them wrong somewhere, or not quite. */
export function requestsFor(targets: readonly Target[]): fc.Arbitrary<MalformedRequest> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.oneof(...targets.map(spoilt)) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 300 }).map(noise) },
  );
}

function spoilt({ method, path, body, headers }: Target): fc.Arbitrary<MalformedRequest> {
  return fc
    .record({
      path,
      query: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: query }),
      body: body ?? fc.constant(Buffer.alloc(0)),
      headers: headers ?? fc.constant(() => ({})),
      method: fc.oneof(
        { weight: 9, arbitrary: fc.constant(method) },
        { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
      ),
      contentType,
      extra: fc.dictionary(fc.constantFrom(...HEADERS), text.map(asHeader), { maxKeys: 2 }),
      length: fc.oneof(
        { weight: 12, arbitrary: fc.constant('right') },
        {
          weight: 3,
          arbitrary: fc.constantFrom(
            'long',
            'short',
            'twice',
            'text',
            'negative',
            'chunked',
            'bad-chunks',
            'both',
            'none',
          ),
        },
      ),
      version: fc.oneof(
        { weight: 20, arbitrary: fc.constant('HTTP/1.1') },
        { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/9.9', '') },
      ),
      host: fc.oneof(
        { weight: 9, arbitrary: fc.constant('localhost') },
        { weight: 1, arbitrary: fc.constantFrom('', 'a b', undefined) },
      ),
    })
    .map((parts) => {
      const target = `${parts.path}${parts.query}`;
      const lines = [
        `${parts.method} ${target} ${parts.version}`,
        ...(parts.host === undefined ? [] : [`host: ${parts.host}`]),
        `content-type: ${parts.contentType}`,
        ...Object.entries<string>({ ...parts.headers(parts.body), ...parts.extra }).map(
          ([name, value]) => `${name}: ${value}`,
        ),
        ...framing(parts.length, parts.body.length),
      ];
      const isChunked = parts.length === 'chunked' || parts.length === 'both';
      const payload = isChunked ? chunked(parts.body) : parts.body;
      const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
      return {
        what: `${lines.join(' | ')} || ${parts.body.toString('latin1').slice(0, 300)}`,
        bytes: Buffer.concat([head, payload]),
        // Who announces more than they send would be waited for, and rightly so.
        isCut: parts.length !== 'right',
      };
    });
}

function framing(length: string, bytes: number): string[] {
  const lines: Readonly<Record<string, string[]>> = {
    right: [`content-length: ${bytes}`],
    long: [`content-length: ${bytes + 100}`],
    short: [`content-length: ${Math.max(0, bytes - 3)}`],
    twice: [`content-length: ${bytes}`, `content-length: ${bytes + 1}`],
    text: ['content-length: many'],
    negative: ['content-length: -1'],
    chunked: ['transfer-encoding: chunked'],
    'bad-chunks': ['transfer-encoding: chunked'],
    both: [`content-length: ${bytes}`, 'transfer-encoding: chunked'],
    none: [],
  };
  return lines[length] ?? [];
}

function chunked(body: Buffer): Buffer {
  const size = body.length === 0 ? '' : `${body.length.toString(16)}\r\n`;
  return Buffer.concat([Buffer.from(size), body, Buffer.from(body.length === 0 ? '0\r\n\r\n' : '\r\n0\r\n\r\n')]);
}

function noise(bytes: Uint8Array): MalformedRequest {
  return { what: `noise ${Buffer.from(bytes).toString('hex')}`, bytes: Buffer.from(bytes), isCut: true };
}
