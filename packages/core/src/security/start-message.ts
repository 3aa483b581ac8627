const HEADER_BYTES = 8;
const START_MESSAGE = 0x0000;

/** The message that opens an invocation's request, and the request's body as if nobody had looked. */
export interface Opening {
  /** The first message with its header; undefined when the body ends before, or begins with another. */
  readonly start: Buffer | undefined;
  readonly body: AsyncIterator<Uint8Array, undefined>;
}

/** Reads a body up to the end of its first message, and no further: in a bidirectional request the rest comes much later. */
export async function readOpening(body: AsyncIterator<Uint8Array, undefined>): Promise<Opening> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let needed: number | undefined;
  while (length < (needed ?? HEADER_BYTES)) {
    const { done, value } = await body.next();
    if (done) return { start: undefined, body: again(chunks, body) };
    chunks.push(value);
    length += value.length;
    if (needed === undefined && length >= HEADER_BYTES) needed = HEADER_BYTES + joined(chunks).readUInt32BE(4);
  }
  const start = joined(chunks).subarray(0, needed);
  return { start: start.readUInt16BE(0) === START_MESSAGE ? start : undefined, body: again(chunks, body) };
}

function joined(chunks: readonly Uint8Array[]): Buffer {
  const [first] = chunks;
  if (!first || chunks.length > 1) return Buffer.concat(chunks);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

function again(
  chunks: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array, undefined>,
): AsyncIterator<Uint8Array, undefined> {
  let at = 0;
  return {
    next() {
      if (at === chunks.length) return rest.next();
      at += 1;
      return Promise.resolve({ done: false, value: chunks[at - 1]! });
    },
  };
}

/** Field of the StartMessage with the object or workflow key. */
const KEY_FIELD = 6;

/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** The object or workflow key that a StartMessage names, empty for services; undefined when the message is damaged. */
export function keyIn(start: Buffer): string | undefined {
  let key = '';
  let at = HEADER_BYTES;
  while (at < start.length) {
    const tag = readVarint(start, at);
    if (!tag || tag.value > 0xff_ff_ff_ff) return undefined;
    at = tag.end;
    switch (tag.value % 8) {
      case VARINT: {
        const number = readVarint(start, at);
        if (!number) return undefined;
        at = number.end;
        break;
      }
      case FIXED64:
        at += 8;
        break;
      case FIXED32:
        at += 4;
        break;
      case LENGTH_DELIMITED: {
        const length = readVarint(start, at);
        if (!length || length.end + length.value > start.length) return undefined;
        at = length.end + length.value;
        // As every decoder does: of several, the last one counts.
        if (Math.floor(tag.value / 8) === KEY_FIELD) key = start.toString('utf8', length.end, at);
        break;
      }
      default:
        return undefined;
    }
  }
  return at === start.length ? key : undefined;
}

function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = start; at < start + 10; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
