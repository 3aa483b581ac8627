import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  type ComponentDescription,
  REA_OPTIONS,
  ReaExplorer,
  type ReaModuleOptions,
  ReaRuntime,
  RestateConnection,
} from '@rea/core';
import { AdminClient, isSameUrl, messageOf, OpenDeadLetters } from '@rea/core/internal';
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
  /** Most open dead letters of a healthy application. Default 0: each waits for an operator. */
  readonly max?: number;
  /** What more of them are: `'degraded'` (default), with which the application still counts as healthy, or `'down'`. */
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
  private components: Promise<ComponentDescription[]> | undefined;

  constructor(
    @Inject(OBSERVABILITY_OPTIONS) { health }: ObservabilityModuleOptions,
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
    private readonly connection: RestateConnection,
    private readonly runtime: ReaRuntime,
    private readonly explorer: ReaExplorer,
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
      const urls = [`${ingressUrl}/restate/health`, ...(adminUrl === undefined ? [] : [`${adminUrl}/health`])];
      const answers = await Promise.allSettled(urls.map((url) => this.get(url)));
      for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    });
  }

  /** This process serves its handlers: not before the endpoint has opened, nor from the moment it drains. */
  endpoint<Key extends string = 'endpoint'>(key = 'endpoint' as Key): Promise<ReaHealthResult<Key>> {
    return this.result(key, () => {
      if (!this.runtime.isServing) throw new Error('The endpoint is not open.');
    });
  }

  /**
   * The Restate server knows all components of this application with all their handlers, and, unless this application
   * leaves its registration to others, that this process serves them. Needs the admin API.
   *
   * `newer` lists the deployments that take the new calls of components of this process, as in every rolling deployment,
   * by the last look of `registration.watch`. Where the server does not reach one of them, the status is `degraded`.
   */
  registration<Key extends string = 'registration'>(key = 'registration' as Key): Promise<ReaHealthResult<Key>> {
    return this.result(key, async () => {
      const { admin } = this;
      if (!admin) throw new Error('It cannot be asked for: server.adminUrl is not set.');
      if (!this.runtime.isServing) throw new Error('The endpoint is not open.');
      const known = await this.inTime(this.knownHandlers(admin));
      const components = await (this.components ??= this.explorer.components());
      const missing = components.flatMap((component) => missingOf(component, known.get(component.name)));
      if (missing.length > 0) throw new Error(`The server does not know ${missing.join(', ')}.`);
      return this.latest();
    });
  }

  /**
   * There are no more open dead letters than this; by default none. More of them degrade the application's health: nothing
   * is broken, and an operator is needed.
   *
   * @throws ObservabilityError (`REA1073`) without `SagaModule`
   */
  async deadLetters<Key extends string = 'deadLetters'>(
    { max = 0, above = 'degraded' }: DeadLetterHealthOptions = {},
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
      return {
        status: above,
        open,
        message: `${open === 1 ? 'There is 1 open dead letter' : `There are ${open} open dead letters`}, more than ${max}.`,
      };
    });
  }

  /** Nothing while this process's deployment is the latest of its components. */
  private latest(): Readonly<Record<string, unknown>> {
    const { newer } = this.runtime.registrationState;
    if (newer.length === 0) return {};
    const silent = newer.filter(({ answers }) => answers === false);
    const where = (silent.length > 0 ? silent : newer).map(({ address }) => address).join(', ');
    const problem = silent.length > 0 ? ', which the Restate server cannot reach' : '';
    return {
      ...(silent.length > 0 ? { status: 'degraded' } : {}),
      message: `New calls go to a newer deployment, ${where}${problem}.`,
      newer,
    };
  }

  /** What the server has of this process's endpoint, or of all where it need not know that one: handlers, by service. */
  private async knownHandlers(admin: AdminClient): Promise<Map<string, ReadonlySet<string>>> {
    const { endpointUrl } = this.runtime;
    const own = (await admin.deployments()).filter(({ uri }) => isSameUrl(uri, endpointUrl));
    if (this.options.registration !== false && own.length === 0) {
      throw new Error(`The server does not know ${endpointUrl}.`);
    }
    const services = await (own.length > 0
      ? Promise.all(own.map(({ id }) => admin.servicesOf(id)))
      : admin.latestServices());
    return new Map(services.flat().map((each) => [each.name, new Set(each.handlers.map(({ name }) => name))]));
  }

  private async result<Key extends string>(
    key: Key,
    check: () => Promise<Readonly<Record<string, unknown>> | void> | void,
  ): Promise<ReaHealthResult<Key>> {
    try {
      return { [key]: { status: 'up', ...(await check()) } } as ReaHealthResult<Key>;
    } catch (error) {
      const message = messageOf(error);
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

/** What the server does not know of a component: all of it, or handlers. */
function missingOf({ name, handlers }: ComponentDescription, known: ReadonlySet<string> | undefined): string[] {
  if (!known) return [name];
  return handlers.filter((handler) => !known.has(handler.name)).map((handler) => `${name}/${handler.name}`);
}
