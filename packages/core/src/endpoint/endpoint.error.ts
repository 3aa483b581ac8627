import { ReaError } from '../rea.error.js';

/** `endpoint.serve: 'mounted'` in an application without an HTTP server. */
export class NoHttpServerError extends ReaError {
  readonly code = 'REA1110';

  constructor() {
    super(
      "REA1110: The endpoint cannot be mounted (endpoint.serve: 'mounted'): this application has no HTTP server. Create it with NestFactory.create() and listen, or leave serve out: the endpoint then opens a port of its own, as a context or a microservice needs.",
    );
  }
}

/** The application was asked to shut down before its endpoint had been registered. */
export class StartAbortedError extends ReaError {
  readonly code = 'REA6051';

  constructor() {
    super(
      'REA6051: The application was shut down before its endpoint had been registered, so the bootstrap ends here. If the process was meant to run, find out who ended it: it waits for the Restate server for up to registration.timeout, and a start-up probe has to allow that.',
    );
  }
}

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
