import {
  type DynamicModule,
  type INestApplication,
  Module,
  type ModuleMetadata,
  type NestApplicationOptions,
  type Type,
} from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { REA_OPTIONS, ReaEvents, ReaModule, type ReaModuleOptions, ReaRuntime } from '@rea/core';
import { AdminClient, cancelInvocation, qualify, REQUEST_WATCH, sqlLiteral, untilCallable } from '@rea/core/internal';
import { Ingress, IngressModule, type IngressModuleOptions } from '@rea/ingress';
import { RestateServer } from '@rea/server';
import { type FailureMode, FailureWatch } from './failure-watch.js';
import { type ServerAddress, sharedServer } from './shared-server.js';

/** Options of {@link createTestApp}. */
export interface TestAppOptions extends ModuleMetadata {
  /**
   * `'shared'` (default): the run's one server, with a namespace of its own for this application. `'always-replay'`
   * suspends at every wait, so that each await replays the handler; `'no-retry'` fails an invocation at its first error.
   * Both are servers of this application alone, unless the shared one is started that way.
   */
  readonly server?: 'shared' | 'always-replay' | 'no-retry' | ServerAddress;
  /** Further options of `ReaModule`. */
  readonly rea?: Omit<Partial<ReaModuleOptions>, 'server'>;
  /** Options of `IngressModule`, for example further connections. */
  readonly ingress?: IngressModuleOptions;
  /** The HTTP platform. Default: Express. */
  readonly httpAdapter?: AbstractHttpAdapter;
  /** Options of the Nest application, for example `{ rawBody: true }`. */
  readonly nest?: NestApplicationOptions;
  /** Called with the application before it is initialised: global prefix, pipes, body parsers. */
  readonly configure?: (app: INestApplication) => void;
  /**
   * What becomes of the failure of a handler that Restate goes on trying, once it has lasted for 1.5 s. `'print'` (default):
   * it is logged as an error (REA9030), each error of a handler once, with the lines of the handler's own code. `'throw'`:
   * the requests of ingress clients that wait for the handler, directly or through another one, are rejected with it, also
   * those that begin to wait later; without any it is logged. `'off'`: the wait goes on in silence.
   */
  readonly failures?: FailureMode;
  /** Overrides of providers, guards and so on, as with `@nestjs/testing`. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** A row of the server's table about one invocation. Columns without a value are left out. */
export interface InvocationRow {
  readonly id: string;
  readonly target: string;
  readonly status: string;
  readonly completion_result?: 'success' | 'failure';
  readonly completion_failure?: string;
  /** Attempts since the server last took the invocation up; above 1 something has failed. */
  readonly retry_count?: number;
}

/** A journal entry as the server tells it. */
export interface JournalRow {
  readonly index: number;
  readonly entry_type: string;
  readonly name?: string;
}

/** An application under test, on a real Restate server. */
export class ReaTestApp {
  private readonly admin: AdminClient;
  /** The endpoints that were registered by hand. */
  private readonly registered: string[] = [];

  private constructor(
    /** The Nest application, initialised. Call `listen(0)` on it to test controllers over HTTP. */
    readonly app: INestApplication,
    /** Typed clients for any component of the application. */
    readonly ingress: Ingress,
    /** What stands before the names of this application's components on the server. */
    readonly namespace: string,
    private readonly address: ServerAddress,
    private readonly ownServer: RestateServer | undefined,
    /** Whether the server still runs when this application is closed, with components that nobody will call. */
    private readonly leavesTraces: boolean,
    private readonly watch: FailureWatch | undefined,
  ) {
    this.admin = new AdminClient(address.adminUrl);
  }

  /** Starts the application and waits until its components are registered. */
  static async create(options: TestAppOptions): Promise<ReaTestApp> {
    const { server: mode = 'shared', rea, ingress, override, httpAdapter, nest, configure, ...others } = options;
    const { failures = 'print', ...metadata } = others;
    const watch = failures === 'off' ? undefined : new FailureWatch(failures);
    const { address, own } = await serverFor(mode);
    const namespace = rea?.namespace ?? nextNamespace();
    // With a namespace or a port of the caller's, a later application may go on where this one ends.
    const isPlaced = rea?.namespace !== undefined || (rea?.endpoint !== false && Boolean(rea?.endpoint?.port));
    try {
      const builder = Test.createTestingModule({
        ...metadata,
        imports: [
          ReaModule.forRoot({
            ...rea,
            namespace,
            server: address,
            endpoint: rea?.endpoint !== false && { port: 0, host: '127.0.0.1', ...rea?.endpoint },
          }),
          IngressModule.forRoot(ingress),
          ...(watch ? [watchModule(watch)] : []),
          ...(metadata.imports ?? []),
        ],
      });
      const module = await (override?.(builder) ?? builder).compile();
      const app = httpAdapter ? module.createNestApplication(httpAdapter, nest) : module.createNestApplication(nest);
      watch?.start(app.get(ReaEvents), new AdminClient(address.adminUrl));
      configure?.(app);
      await app.init();
      return new ReaTestApp(app, app.get(Ingress), namespace, address, own, mode === 'shared' && !isPlaced, watch);
    } catch (error) {
      watch?.stop();
      await own?.stop();
      throw error;
    }
  }

  /** A provider of the application. */
  get<T>(token: Type<T> | string | symbol): T {
    return this.app.get<T>(token, { strict: false });
  }

  /** A component's name on the server. */
  serverName(component: string): string {
    return qualify(this.get<ReaModuleOptions>(REA_OPTIONS), component);
  }

  /** Runs SQL over the server's tables. @see https://docs.restate.dev/operate/introspection */
  query<Row = Record<string, unknown>>(sql: string): Promise<Row[]> {
    return this.admin.query<Row>(sql);
  }

  /** The invocations of this application's components, optionally of one of them. */
  invocations(component = ''): Promise<InvocationRow[]> {
    return this.query<InvocationRow>(
      `select id, target, status, completion_result, completion_failure, retry_count from sys_invocation
       where target_service_name like ${sqlLiteral(this.serverName(component || '%'))} order by created_at`,
    );
  }

  /** The journal of an invocation. */
  journal(invocationId: string): Promise<JournalRow[]> {
    return this.query<JournalRow>(
      `select index, entry_type, name from sys_journal where id = '${invocationId}' order by index`,
    );
  }

  /** The stored state of an object or workflow, by state name, as JSON. */
  async state(component: string, key: string): Promise<Record<string, unknown>> {
    const rows = await this.query<{ key: string; value_utf8: string }>(
      `select key, value_utf8 from state where service_name = ${sqlLiteral(this.serverName(component))} and service_key = ${sqlLiteral(key)}`,
    );
    return Object.fromEntries(rows.map((row) => [row.key, JSON.parse(row.value_utf8)]));
  }

  /** Registers an endpoint that is served elsewhere: a fetch or Lambda handler behind a server of the test's own. */
  async register(uri: string, options: { readonly http11?: boolean } = {}): Promise<void> {
    const { services } = await this.admin.register({ uri, use_http_11: options.http11 ?? false });
    this.registered.push(uri);
    await untilCallable({ ingressUrl: this.address.ingressUrl, headers: {} }, services);
  }

  /**
   * Cancels an invocation: it gets a `CancelledError` at its next await. One whose attempts fail is tried again at once;
   * then this waits until the cancellation has taken effect.
   *
   * @throws Error (`REA7060`) when it has taken none within 5 s
   */
  cancel(invocationId: string): Promise<void> {
    return cancelInvocation(this.admin, invocationId);
  }

  /** Kills an invocation: its handler runs no further, not even a `finally`. */
  kill(invocationId: string): Promise<void> {
    return this.admin.end(invocationId, 'kill');
  }

  /**
   * Closes the application and what was started for it. The shared server forgets its components: the more it knows,
   * the longer each registration takes. It keeps those whose namespace or port was given, for a later application to go on.
   */
  async close(): Promise<void> {
    const { endpointUrl } = this.get(ReaRuntime);
    try {
      await this.app.close();
    } finally {
      this.watch?.stop();
      if (this.ownServer) await this.ownServer.stop();
      else if (this.leavesTraces) await this.forget([...this.registered, ...(endpointUrl ? [endpointUrl] : [])]);
    }
  }

  /** So that `await using` closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async forget(endpoints: readonly string[]): Promise<void> {
    if (endpoints.length === 0) return;
    const urls = new Set(endpoints.map((endpoint) => new URL(endpoint).href));
    // The port may be another application's by now.
    const isOwn = ({ name }: { readonly name: string }) => name.startsWith(`${this.namespace}.`);
    const deployments = (await this.admin.deployments()).filter(
      ({ uri, services }) => uri !== undefined && urls.has(uri) && services.some(isOwn),
    );
    await Promise.all(deployments.map(({ id }) => this.admin.remove(id)));
  }
}

/**
 * Starts the providers, controllers and modules under test, with `ReaModule` and `IngressModule`, on a real Restate
 * server. Applications share the server and do not see each other: each has a namespace of its own. Give it your feature
 * modules, and not the root module that imports those two.
 *
 * @example
 * ```ts
 * const app = await createTestApp({ providers: [Greeter] });
 * expect(await app.ingress.service(Greeter).call.greet('Ada')).toBe('Hello, Ada');
 * await app.close();
 * ```
 */
export function createTestApp(options: TestAppOptions): Promise<ReaTestApp> {
  return ReaTestApp.create(options);
}

async function serverFor(
  mode: NonNullable<TestAppOptions['server']>,
): Promise<{ readonly address: ServerAddress; readonly own?: RestateServer }> {
  if (typeof mode === 'object') return { address: mode };
  if (mode === 'shared') return { address: await sharedServer() };
  const own = await RestateServer.start({ alwaysReplay: mode === 'always-replay', retries: mode !== 'no-retry' });
  return { address: own, own };
}

@Module({})
class FailureWatchModule {}

/** Puts the watch around the requests of the ingress clients. */
function watchModule(watch: FailureWatch): DynamicModule {
  const request: FailureWatch['request'] = (asked, answer) => watch.request(asked, answer);
  return {
    module: FailureWatchModule,
    global: true,
    providers: [{ provide: REQUEST_WATCH, useValue: request }],
    exports: [REQUEST_WATCH],
  };
}

let count = 0;

/** Unique across the processes of a test run. */
function nextNamespace(): string {
  count += 1;
  return `t${process.pid.toString(36)}${Date.now().toString(36)}${count}`;
}
