// Preloaded into the order app: ends the process with SIGKILL right after an entry of the order workflow's journal has
// been written to the Restate server. Told when by messages of the parent.
import { Http2ServerResponse } from 'node:http2';

/** Kinds of messages of Restate's service protocol that are no entries: suspension, error, end, acknowledgements. */
const isEntry = (type) => type >= 0x0400 || type === 0x0005;
const HEADER = 8;

let crashAfter = Infinity;
let written = 0;
process.on('message', (message) => {
  ({ crashAfter } = message);
  written = 0;
  process.send('armed');
});
process.channel?.unref();

/** @type {(this: unknown, ...args: unknown[]) => boolean} */
const write = Reflect.get(Http2ServerResponse.prototype, 'write');
Http2ServerResponse.prototype.write = function (chunk, ...rest) {
  if (!this.req.url.endsWith('/Order/run') || crashAfter === Infinity) return write.call(this, chunk, ...rest);
  const bytes = Buffer.from(chunk);
  for (let at = 0; at + HEADER <= bytes.length;) {
    const type = bytes.readUInt16BE(at);
    at += HEADER + bytes.readUInt32BE(at + 4);
    if (!isEntry(type)) continue;
    written += 1;
    if (written < crashAfter) continue;
    crashAfter = Infinity;
    return write.call(this, bytes.subarray(0, at), () => setImmediate(() => process.kill(process.pid, 'SIGKILL')));
  }
  return write.call(this, chunk, ...rest);
};
