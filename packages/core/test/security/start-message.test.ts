import { describe, expect, test } from 'vitest';
import { keyIn, readOpening } from '../../src/security/start-message.js';

/** A frame of the service protocol. */
function frame(body: Buffer, type = 0): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(type, 0);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** A length-delimited field. */
function field(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}

const id = field(1, 'an invocation');
const known = Buffer.concat([varint(3 * 8), varint(300)]);
const seed = Buffer.concat([varint(9 * 8 + 1), Buffer.alloc(8, 7)]);

describe('The key of a StartMessage', () => {
  test.each<[string, Buffer, string | undefined]>([
    ['is empty for a service', frame(Buffer.concat([id, known, seed])), ''],
    ['is found between others', frame(Buffer.concat([id, known, field(6, 'k 1/é'), seed])), 'k 1/é'],
    ['is the last of several, as for the SDK', frame(Buffer.concat([field(6, 'a'), field(6, 'b')])), 'b'],
    ['may be long', frame(Buffer.concat([field(4, Buffer.alloc(70_000)), field(6, 'x'.repeat(256))])), 'x'.repeat(256)],
    ['is unknown when the message is cut', frame(Buffer.concat([id, field(6, 'key').subarray(0, 3)])), undefined],
    ['is unknown when a length is absurd', frame(Buffer.concat([varint(6 * 8 + 2), Buffer.alloc(9, 0xff)])), undefined],
    ['is unknown when a number never ends', frame(Buffer.concat([varint(3 * 8), Buffer.alloc(12, 0x80)])), undefined],
    ['is unknown when a fixed field is cut', frame(seed.subarray(0, 5)), undefined],
    ['is unknown for groups, which nobody sends', frame(varint(6 * 8 + 3)), undefined],
    ['is empty in an empty message', frame(Buffer.alloc(0)), ''],
  ])('%s', (_name, start, key) => {
    expect(keyIn(start)).toBe(key);
  });
});

async function* of(chunks: readonly Buffer[]): AsyncGenerator<Uint8Array, undefined> {
  yield* chunks;
  return undefined;
}

async function rest(body: AsyncIterator<Uint8Array, undefined>): Promise<Buffer> {
  const chunks = [];
  for (let next = await body.next(); !next.done; next = await body.next()) chunks.push(next.value);
  return Buffer.concat(chunks);
}

describe('The opening of a body', () => {
  const start = frame(Buffer.concat([id, field(6, 'key')]));
  const whole = Buffer.concat([start, frame(Buffer.from('input'), 0x0400)]);

  test('is read however the body is cut, and nothing is lost', async () => {
    for (let size = 1; size <= whole.length; size += 1) {
      const chunks = [];
      for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
      const opening = await readOpening(of(chunks));
      expect(opening.start).toEqual(start);
      expect(await rest(opening.body)).toEqual(whole);
    }
  });

  test('is not waited for beyond the first message', async () => {
    const chunks = of([start, whole.subarray(start.length)]);
    const opening = await readOpening(chunks);
    expect(opening.start).toEqual(start);
    // The second chunk has not been asked for.
    expect((await chunks.next()).value).toEqual(whole.subarray(start.length));
  });

  test.each([0, 1, 7, 8, 20])('is missing when the body ends after %i bytes', async (length) => {
    const cut = whole.subarray(0, length);
    const opening = await readOpening(of(length === 0 ? [] : [cut]));
    expect(opening.start).toBeUndefined();
    expect(await rest(opening.body)).toEqual(cut);
  });

  test('is missing when another message comes first', async () => {
    expect((await readOpening(of([frame(Buffer.from('x'), 0x0400)]))).start).toBeUndefined();
  });

  test('of 32 MiB in small chunks is read in a time that grows with its length', async () => {
    const long = frame(field(4, Buffer.alloc(32 * 1024 * 1024)));
    const chunks = [];
    for (let at = 0; at < long.length; at += 16_384) chunks.push(long.subarray(at, at + 16_384));
    const began = performance.now();
    expect((await readOpening(of(chunks))).start).toHaveLength(long.length);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
