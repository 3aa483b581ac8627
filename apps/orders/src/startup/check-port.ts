import { once } from 'node:events';
import { createServer } from 'node:net';
import { PortTakenError } from './port-taken.error.js';

/** Looks before anything is started: nothing has to be stopped again then. @throws PortTakenError */
export async function checkPort(port: number): Promise<void> {
  const server = createServer().listen(port);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw portError(cause, port);
  }
  server.close();
  await once(server, 'close');
}

/** Says it plainly when listening failed because somebody else does. */
export function portError(error: unknown, port: number): unknown {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return taken ? new PortTakenError(port, { cause: error }) : error;
}
