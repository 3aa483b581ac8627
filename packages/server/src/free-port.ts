import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { PortInUseError } from './errors.js';
import { hasCode } from './node-error.js';

// Below every system's range for outgoing connections, so that no client's socket can take a port between two starts; at
// random, so that parallel starters rarely meet.
const lowest = 20_000;
const highest = 26_000;
const handedOut = new Set<number>();

/** Whether a server could listen there now. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen({ port, host, exclusive: true }, resolve);
    });
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE', 'EACCES')) return false;
    throw error;
  }
  await new Promise<void>((resolve) => {
    probe.close(() => {
      resolve();
    });
  });
  return true;
}

/** Whether somebody listens there. Unlike {@link isPortFree} it never holds the port, not even for a moment. */
export function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** A port that is free now and that this process has not handed out lately. */
export async function freePort(host: string, purpose: string): Promise<number> {
  let port = lowest;
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    port = randomInt(lowest, highest);
    if (handedOut.has(port)) continue;
    if (handedOut.size > (highest - lowest) / 2) handedOut.clear();
    handedOut.add(port);
    if (await isPortFree(port, host)) return port;
  }
  throw new PortInUseError(port, purpose, `No port between ${lowest} and ${highest} was free. Stop some programs.`);
}
