import { exchange } from '../connection/http-exchange.js';
import { RestateConnection } from '../connection/restate-connection.js';
import { AdminUnreachableError, AdminRequestError } from './registration.errors.js';

/** A service as the admin API describes it: names, kinds and every option. */
export interface RegisteredService {
  readonly name: string;
  readonly ty: string;
  /** Counts its registrations. The highest one takes the new invocations. */
  readonly revision: number;
  readonly handlers: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
  readonly [option: string]: unknown;
}

/** The answer to a registration. */
export interface RegisteredDeployment {
  readonly id: string;
  readonly services: readonly RegisteredService[];
  /** Whether the URL was unknown before. */
  readonly created: boolean;
}

/** A deployment in a list. */
export interface KnownDeployment {
  readonly id: string;
  /** Undefined for a Lambda function, which has an {@link arn}. */
  readonly uri?: string;
  readonly arn?: string;
  /** `HTTP/1.1` or `HTTP/2.0`. */
  readonly http_version?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly services: readonly { readonly name: string; readonly revision: number }[];
}

export interface DeploymentRequest {
  readonly uri: string;
  readonly force?: boolean;
  readonly breaking?: boolean;
  /** Only tells what would be registered. */
  readonly dry_run?: boolean;
  /** For endpoints that do not speak HTTP/2. */
  readonly use_http_11?: boolean;
  /** Kept with the deployment, visible to whoever reaches the admin API. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How long a single request to the admin API may take, in milliseconds. */
const TIMEOUT = 10_000;

/** The part of the Restate server's admin API that Rea uses. */
export class AdminClient {
  constructor(
    readonly url: string,
    private readonly headers: Readonly<Record<string, string>> = {},
    /** Of a single request, in milliseconds. */
    private readonly timeout = TIMEOUT,
  ) {}

  static of({ adminUrl, headers }: RestateConnection, timeout?: number): AdminClient | undefined {
    return adminUrl === undefined ? undefined : new AdminClient(adminUrl, headers, timeout);
  }

  /**
   * Tells the server where an endpoint is; it calls the endpoint to discover its services.
   *
   * @throws AdminUnreachableError when there is no answer
   * @throws AdminRequestError when the server refuses
   */
  async register(request: DeploymentRequest): Promise<RegisteredDeployment> {
    const { status, body } = await this.request('POST', '/deployments', request);
    return { ...(body as Omit<RegisteredDeployment, 'created'>), created: status === 201 };
  }

  /**
   * All deployments that the server knows.
   *
   * @throws AdminUnreachableError, AdminRequestError as {@link register}
   */
  async deployments(): Promise<readonly KnownDeployment[]> {
    const { body } = await this.request('GET', '/deployments');
    return (body as { readonly deployments: readonly KnownDeployment[] }).deployments;
  }

  /**
   * The services of a deployment, with their handlers, as it registered them.
   *
   * @throws AdminUnreachableError, AdminRequestError as {@link register}; 404 when it is not known
   */
  async servicesOf(deploymentId: string): Promise<readonly RegisteredService[]> {
    return this.services(`/deployments/${deploymentId}`);
  }

  /**
   * All services that the server knows, each in its latest revision: the one that new invocations run.
   *
   * @throws AdminUnreachableError, AdminRequestError as {@link register}
   */
  async latestServices(): Promise<readonly RegisteredService[]> {
    return this.services('/services');
  }

  /**
   * Forgets a deployment. Its services fall back to their revision of before.
   *
   * @throws AdminUnreachableError, AdminRequestError as {@link register}
   */
  async remove(deploymentId: string): Promise<void> {
    await this.request('DELETE', `/deployments/${deploymentId}?force=true`);
  }

  /**
   * Runs SQL over the server's tables (`sys_invocation`, `sys_journal`, `state` and others).
   *
   * @see https://docs.restate.dev/operate/introspection
   */
  async query<Row>(sql: string, signal?: AbortSignal): Promise<Row[]> {
    const { body } = await this.request('POST', '/query', { query: sql }, signal);
    return (body as { rows: Row[] }).rows;
  }

  /**
   * Gives a paused invocation fresh attempts.
   *
   * @throws AdminUnreachableError, AdminRequestError as {@link register}
   */
  async resume(invocationId: string): Promise<void> {
    await this.request('PATCH', `/invocations/${invocationId}/resume`);
  }

  /**
   * Ends an invocation. `cancel` lets its handler undo what it has done; `kill` does not.
   *
   * @throws AdminUnreachableError, AdminRequestError as {@link register}; 404 when it is not known, 409 when it has ended
   */
  async end(invocationId: string, how: 'cancel' | 'kill', signal?: AbortSignal): Promise<void> {
    await this.request('PATCH', `/invocations/${encodeURIComponent(invocationId)}/${how}`, undefined, signal);
  }

  /**
   * Starts a copy of a completed invocation, with the prefix of its journal up to an index, on the deployment that wrote
   * it. Services and objects only; no command of the prefix may be without its completion.
   *
   * @returns the copy's id
   * @throws AdminUnreachableError, AdminRequestError as {@link register}
   */
  async restartFrom(invocationId: string, index: number): Promise<string> {
    const { body } = await this.request(
      'PATCH',
      `/invocations/${invocationId}/restart-as-new?from=${index}&deployment=keep`,
    );
    return (body as { readonly new_invocation_id: string }).new_invocation_id;
  }

  private async services(path: string): Promise<readonly RegisteredService[]> {
    const { body } = await this.request('GET', path);
    return (body as { readonly services: readonly RegisteredService[] }).services;
  }

  private async request(
    method: string,
    path: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<{ status: number; body: unknown }> {
    const answer = await exchange(this.url + path, {
      method,
      headers: { ...this.headers, 'content-type': 'application/json', accept: 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(this.timeout)]) : AbortSignal.timeout(this.timeout),
    }).catch((cause: unknown) => {
      throw new AdminUnreachableError(this.url, cause);
    });
    const { status } = answer;
    const text = answer.body.toString();
    if (status < 200 || status > 299) throw new AdminRequestError(`${method} ${this.url}${path}`, status, text);
    return { status, body: text === '' ? undefined : JSON.parse(text) };
  }
}
