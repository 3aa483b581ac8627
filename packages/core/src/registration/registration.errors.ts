import { ReaError } from '../rea.error.js';
import { isA, messageOf as thrownMessage, readThrown } from '../failures/thrown.js';

/** Nothing answers at the admin URL. */
export class AdminUnreachableError extends ReaError {
  readonly code = 'REA6001';

  constructor(url: string, cause: unknown) {
    super(
      `REA6001: The Restate admin API at ${url} does not answer (${reasonOf(cause)}). Check that the Restate server runs, and server.adminUrl (usually port 9070).`,
      { cause },
    );
  }
}

/** The admin API refused a request. */
export class AdminRequestError extends ReaError {
  readonly code = 'REA6002';

  constructor(
    request: string,
    readonly status: number,
    /** What the server answered. */
    readonly body: string,
  ) {
    super(`REA6002: ${request} was refused with ${status}: ${messageOf(body)}`);
  }

  /** @internal The server could not reach the endpoint that it was given. */
  get isEndpointUnreachable(): boolean {
    return this.body.includes('META0003');
  }
}

/** The server knows this URL with other services, and replacing them was not allowed. */
export class DeploymentChangedError extends ReaError {
  readonly code = 'REA6003';

  constructor(
    uri: string,
    /** What differs, a line each. */
    readonly changes: readonly string[],
  ) {
    super(
      `REA6003: The Restate server knows ${uri} with other services than this build has: ${changes.join('; ')}. In-flight invocations would replay on changed code. Deploy under a new URL (endpoint.advertisedUrl), which lets the old one finish, or set registration.force: true if that is safe.`,
    );
  }
}

/** A change that Restate calls breaking: a service that is gone, or of another kind. */
export class BreakingChangeError extends ReaError {
  readonly code = 'REA6004';

  constructor(uri: string, cause: AdminRequestError) {
    super(
      `REA6004: The Restate server refuses the services of ${uri}: ${messageOf(cause.body)} Give the changed service another name, or set registration.breaking: true if nothing of the old one is needed any more.`,
      { cause },
    );
  }
}

/** The Restate server cannot reach this application's endpoint. */
export class EndpointUnreachableError extends ReaError {
  readonly code = 'REA6005';

  constructor(uri: string, cause: AdminRequestError) {
    super(
      `REA6005: The Restate server cannot reach this application at ${uri}: ${messageOf(cause.body)} Set endpoint.advertisedUrl to a URL that works from where the server runs (in containers usually the service's name, not localhost).`,
      { cause },
    );
  }
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: string };
    return message ?? body;
  } catch {
    return body.slice(0, 500);
  }
}

function reasonOf(error: unknown): string {
  const cause = readThrown(error, 'cause');
  return thrownMessage(isA(cause, Error) ? cause : error);
}
