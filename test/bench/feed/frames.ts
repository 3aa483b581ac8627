/** Types of Restate's service protocol that matter here. */
const END = 0x0003;
const PROPOSE_RUN_COMPLETION = 0x0005;
const RUN_COMPLETION = 0x8011;

const HEADER_BYTES = 8;

/** Splits a stream of frames: type (2 bytes), flags (2), length (4), body. */
function* frames(bytes: Buffer): Generator<{ readonly type: number; readonly frame: Buffer }> {
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
    yield { type: bytes.readUInt16BE(at), frame: bytes.subarray(at, end) };
    at = end;
  }
}

/** What the server sent for one invocation: how it began, and an acknowledgement of each run. */
export function splitInput(bytes: Buffer): { readonly opening: Buffer; readonly acknowledgements: Buffer[] } {
  const all = [...frames(bytes)];
  return {
    opening: Buffer.concat(all.filter(({ type }) => type !== RUN_COMPLETION).map(({ frame }) => frame)),
    acknowledgements: all.filter(({ type }) => type === RUN_COMPLETION).map(({ frame }) => frame),
  };
}

/** Which run a frame proposes or acknowledges: the first field of its body, a varint. */
export function runOf(frame: Buffer): number {
  let run = 0;
  for (let at = HEADER_BYTES + 1, shift = 0; ; at += 1, shift += 7) {
    const byte = frame.readUInt8(at);
    run |= (byte & 0x7f) << shift;
    if (byte < 0x80) return run;
  }
}

/** What an endpoint's output asks of the server: to acknowledge runs, to close the input. */
export function readOutput(bytes: Uint8Array): { readonly runs: readonly number[]; readonly ended: boolean } {
  const runs: number[] = [];
  let ended = false;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < view.length; at += HEADER_BYTES + view.readUInt32BE(at + 4)) {
    const type = view.readUInt16BE(at);
    if (type === PROPOSE_RUN_COMPLETION) runs.push(runOf(view.subarray(at)));
    if (type === END) ended = true;
  }
  return { runs, ended };
}
