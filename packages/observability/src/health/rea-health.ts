import { Inject, Injectable, Optional } from '@nestjs/common';
import { REA_OPTIONS, type ReaModuleOptions, ReaRuntime, RestateConnection } from '@rea/core';
import { AdminClient, OpenDeadLetters } from '@rea/core/internal';
import { ObservabilityError } from '../observability.errors.js';
import { OBSERVABILITY_OPTIONS, type ObservabilityModuleOptions } from '../observability.options.js';
import { HEALTH_DEFAULTS } from './health.options.js';
import { withDefaults } from '../with-defaults.js';

/** An indicator's answer, in the form of `@nestjs/terminus`. */
export type ReaHealthResult<Key extends string> = Record<
  Key,
  { readonly status: 'up' | 'down' | 'degraded'; readonly message?: string; readonly [detail: string]: unknown }
>;

/** When dead letters are a matter of health. */
export interface DeadLetterHealthOptions {
  /** Most open dead letters of a healthy application. */
  readonly max: number;
  /** What more of them are: `'down'` (default) or, with which the application still counts as healthy, `'degraded'`. */
  readonly above?: 'down' | 'degraded';
}

/**
 * Health indicators for `@nestjs/terminus`. None of them throws when something is down: the answer says what.
 *
 * For readiness ask {@link endpoint}, and {@link server} where the application cannot do without. For liveness none: a
 * restart of this process heals none of them.
 *
 * @example
 * ```ts
 * return this.health.check([() => this.rea.server(), () => this.rea.endpoint(), () => this.rea.registration()]);
 * ```
 */
@Injectable()
export class ReaHealth {
  private readonly timeout: number;
  private readonly admin: AdminClient | undefined;

  constructor(
    @Inject(OBSERVABILITY_OPTIONS) { health }: ObservabilityModuleOptions,
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
    private readonly connection: RestateConnection,
    private readonly runtime: ReaRuntime,
    @Optional() @Inject(OpenDeadLetters) private readonly openDeadLetters: OpenDeadLetters | undefined,
  ) {
    const { timeout } = withDefaults(HEALTH_DEFAULTS, typeof health === 'object' ? health : {});
    this.timeout = timeout;
    this.admin = AdminClient.of(connection, timeout);
  }

  /** The Restate server takes calls, and answers on its admin API where this application knows it. */
  server<Key extends string = 'restate'>(key = 'restate' as Key): Promise<ReaHealthResult<Key>> {
    const { ingressUrl, adminUrl } = this.connection;
    return this.result(key, async () => {
      await this.get(`${ingressUrl}/restate/health`);
      if (adminUrl !== undefined) await this.get(`${adminUrl}/health`);
    });
  }

  /** This process serves its handlers: not before the endpoint has opened, nor from the moment it drains. */
  endpoint<Key extends string = 'endpoint'>(key = 'endpoint' as Key): Promise<ReaHealthResult<Key>> {
    return this.result(key, () => {
      if (!this.runtime.isServing) throw new Error('The endpoint is not open.');
    });
  }

  /**
   * The Restate server knows all components of this application, and, unless this application leaves its registration to
   * others, that this process serves them. Needs the admin API.
   */
  registration<Key extends string = 'registration'>(key = 'registration' as Key): Promise<ReaHealthResult<Key>> {
    return this.result(key, async () => {
      const { services, endpointUrl } = this.runtime;
      if (!this.admin) throw new Error('It cannot be asked for: server.adminUrl is not set.');
      if (services.length === 0) throw new Error('The endpoint is not open.');
      const known = await this.admin.deployments();
      const own = known.filter(({ uri }) => sameUrl(uri, endpointUrl));
      if (this.options.registration !== false && own.length === 0) {
        throw new Error(`The server does not know ${endpointUrl}.`);
      }
      const served = new Set((own.length > 0 ? own : known).flatMap((each) => each.services.map(({ name }) => name)));
      const missing = services.filter((name) => !served.has(name));
      if (missing.length > 0) throw new Error(`The server does not know ${missing.join(', ')}.`);
    });
  }

  /**
   * There are no more open dead letters than this.
   *
   * @throws ObservabilityError (`REA1073`) without `SagaModule`
   */
  async deadLetters<Key extends string = 'deadLetters'>(
    { max, above = 'down' }: DeadLetterHealthOptions,
    key = 'deadLetters' as Key,
  ): Promise<ReaHealthResult<Key>> {
    const { openDeadLetters } = this;
    if (!openDeadLetters) {
      throw new ObservabilityError(
        'REA1073',
        'ReaHealth.deadLetters() was called in an application without sagas, which has no dead letters.',
        'Import SagaModule, or leave the indicator out.',
      );
    }
    return this.result(key, async () => {
      const open = await this.inTime(openDeadLetters.count());
      if (open <= max) return { open };
      return { status: above, open, message: `There are ${open} open dead letters, more than ${max}.` };
    });
  }

  private async result<Key extends string>(
    key: Key,
    check: () => Promise<Readonly<Record<string, unknown>> | void> | void,
  ): Promise<ReaHealthResult<Key>> {
    try {
      return { [key]: { status: 'up', ...(await check()) } } as ReaHealthResult<Key>;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { [key]: { status: 'down', message } } as ReaHealthResult<Key>;
    }
  }

  private async inTime<T>(answer: Promise<T>): Promise<T> {
    const { timeout } = this;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`There is no answer within ${timeout} ms.`)), timeout);
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async get(url: string): Promise<void> {
    const { headers } = this.connection;
    const signal = AbortSignal.timeout(this.timeout);
    const response = await fetch(url, { headers, signal }).catch((cause: unknown) => {
      throw new Error(`${url} does not answer.`, { cause });
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${url} answers ${response.status}.`);
  }
}

/** The server adds a slash at the end. */
function sameUrl(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && new URL(one).href === new URL(other).href;
}
