/** The stable codes of the errors that `@rea/server` throws. */
export type RestateServerErrorCode =
  'REA5001' | 'REA5002' | 'REA5003' | 'REA5004' | 'REA5005' | 'REA5006' | 'REA5007' | 'REA5008' | 'REA5009' | 'REA5010';

/**
 * Base of every error that this package throws on purpose. Tell errors apart by `code`, which is stable across
 * versions and across two copies of the package; the message says what happened, why, and what to do.
 */
export abstract class RestateServerError extends Error {
  /** Stable identifier, for example `REA5005`. */
  abstract readonly code: RestateServerErrorCode;

  override get name(): string {
    return this.constructor.name;
  }
}

/** REA5001: there is no restate-server executable to start. */
export class BinaryNotFoundError extends RestateServerError {
  readonly code = 'REA5001';
}

/** REA5002: Restate ships no server for this operating system or processor. */
export class UnsupportedPlatformError extends RestateServerError {
  readonly code = 'REA5002';
}

/** REA5003: the server process ended before it was ready. */
export class ServerStartError extends RestateServerError {
  readonly code = 'REA5003';
  /** The last lines that the server logged. */
  readonly logs: readonly string[];

  constructor(message: string, logs: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.logs = logs;
  }
}

/** REA5004: the server process runs but did not become ready in time. */
export class ServerReadyTimeoutError extends RestateServerError {
  readonly code = 'REA5004';
  /** The last lines that the server logged. */
  readonly logs: readonly string[];

  constructor(message: string, logs: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.logs = logs;
  }
}

/** REA5005: a port that was asked for, or persisted in the data directory, belongs to somebody else. */
export class PortInUseError extends RestateServerError {
  readonly code = 'REA5005';
  /** The port that is taken. */
  readonly port: number;
  /** What the port was meant for, for example `ingress`. */
  readonly purpose: string;

  constructor(port: number, purpose: string, cure: string, options?: ErrorOptions) {
    super(`Port ${port} (${purpose}) is already in use by another program. ${cure}`, options);
    this.port = port;
    this.purpose = purpose;
  }
}

/** REA5006: another live process runs a server on the data directory. */
export class DataDirectoryInUseError extends RestateServerError {
  readonly code = 'REA5006';
  /** The data directory. */
  readonly directory: string;
  /** The process that holds it, where it is known. */
  readonly holderPid: number | undefined;

  constructor(directory: string, holderPid: number | undefined, options?: ErrorOptions) {
    const holder =
      holderPid === undefined
        ? 'another Restate server'
        : holderPid === process.pid
          ? `this process (pid ${holderPid})`
          : `process ${holderPid}`;
    super(
      `The data directory ${directory} is in use by ${holder}. Two Restate servers on one directory break each other, ` +
        `so this one was not started. Stop ${holderPid === process.pid ? 'the other server first' : holder}, ` +
        'or give this server another baseDir.',
      options,
    );
    this.directory = directory;
    this.holderPid = holderPid;
  }
}

/** REA5007: an identity key cannot be read, is of the wrong kind, or would be overwritten. */
export class IdentityKeyError extends RestateServerError {
  readonly code = 'REA5007';
}

/** REA5008: the operation needs a running server, or data that `stop()` has removed. */
export class ServerNotRunningError extends RestateServerError {
  readonly code = 'REA5008';
}

/** REA5009: the server refused a query. */
export class QueryError extends RestateServerError {
  readonly code = 'REA5009';
  /** HTTP status of the answer. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** REA5010: an option has a value that cannot work, or a file of this package in the data directory is damaged. */
export class InvalidOptionsError extends RestateServerError {
  readonly code = 'REA5010';
}
