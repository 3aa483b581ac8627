import { ReaError } from '../rea.error.js';

/** The endpoint cannot listen. */
export class EndpointListenError extends ReaError {
  readonly code = 'REA6006';

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const problem =
      cause.code === 'EADDRINUSE'
        ? `another program listens on ${host}:${port} (lsof -i :${port} shows it)`
        : `${host}:${port} cannot be used (${cause.message})`;
    super(`REA6006: The Restate endpoint cannot open: ${problem}. Stop it, or set endpoint.port.`, { cause });
  }
}
