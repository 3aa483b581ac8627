import { connect } from 'node:net';

/** How a server ended a request: by an answer, by closing the connection, or not at all. */
export type Ending = { readonly status: number; readonly head: string } | 'closed' | 'hung';

/** Longer than any answer of the servers under test takes, in milliseconds. */
const PATIENCE = 15_000;

/**
 * Writes bytes to a server, whatever they are, and reads the first answer.
 *
 * @param isCut ends the client's side afterwards, as a client that has died in the middle does
 */
export function sendBytes(port: number, bytes: Buffer, isCut: boolean): Promise<Ending> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let head = '';
    const end = (ending: Ending) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(ending);
    };
    const timer = setTimeout(() => end('hung'), PATIENCE);
    socket.on('connect', () => (isCut ? socket.end(bytes) : socket.write(bytes)));
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1');
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
      if (status !== undefined && status !== '100') end({ status: Number(status), head: head.slice(0, 2_000) });
    });
    socket.on('end', () => end('closed'));
    socket.on('close', () => end('closed'));
    socket.on('error', () => end('closed'));
  });
}
